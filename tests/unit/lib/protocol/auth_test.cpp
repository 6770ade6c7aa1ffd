// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth.hpp"
#include "samples.hpp"

using namespace hearth;
using namespace hearth::protocol;
using namespace hearth::protocol::auth;
using namespace hearth::protocol::testing;

namespace {

std::string encode_request(const Request& request) {
    return encode(request);
}
std::string encode_response(const Response& response) {
    return encode(response);
}

Begin begin(Samples& samples) {
    Begin message;
    message.id = samples.number<std::uint32_t>();
    message.service = samples.text(service_bytes_max);
    message.mechanism = samples.text(mechanism_bytes_max);
    message.remote_ip = samples.ip();
    message.local_ip = samples.ip();
    message.remote_port = samples.number<std::uint16_t>();
    message.local_port = samples.number<std::uint16_t>();
    message.secured = samples.coin();
    if (samples.coin()) message.initial = samples.text(sasl_bytes_max);
    return message;
}

} // namespace

TEST_CASE("login's requests are read as they were written") {
    Samples samples;
    MESSAGE("HEARTH_SEED=", samples.seed_used());
    for (int round = 0; round < rounds; ++round) {
        const auto message = begin(samples);
        const auto bytes = encode(Request(message));
        check_round_trip(bytes, decode_request, encode_request);
        const auto read = std::get<Begin>(decode_request(bytes).value());
        CHECK(read.id == message.id);
        CHECK(read.service == message.service);
        CHECK(read.mechanism == message.mechanism);
        CHECK(read.remote_ip == message.remote_ip);
        CHECK(read.local_ip == message.local_ip);
        CHECK(read.remote_port == message.remote_port);
        CHECK(read.local_port == message.local_port);
        CHECK(read.secured == message.secured);
        CHECK(read.initial == message.initial);

        const Continue next{samples.number<std::uint32_t>(), samples.text(sasl_bytes_max)};
        CHECK(std::get<Continue>(decode_request(encode(Request(next))).value()).data == next.data);
        CHECK(std::get<Continue>(decode_request(encode(Request(next))).value()).id == next.id);
        CHECK(std::get<Done>(decode_request(encode(Request(Done{9}))).value()).id == 9);
        CHECK(std::get<Regrant>(decode_request(encode(Request(Regrant{8}))).value()).id == 8);
        for (const Request& request : {Request(next), Request(Done{9}), Request(Regrant{8})})
            check_round_trip(encode(request), decode_request, encode_request);
    }
}

TEST_CASE("no initial response and an empty one are told apart") {
    Begin message;
    CHECK_FALSE(std::get<Begin>(decode_request(encode(Request(message))).value()).initial.has_value());
    message.initial = "";
    CHECK(std::get<Begin>(decode_request(encode(Request(message))).value()).initial == "");
}

TEST_CASE("auth's responses are read as they were written") {
    Samples samples;
    MESSAGE("HEARTH_SEED=", samples.seed_used());
    for (int round = 0; round < rounds; ++round) {
        const Challenge challenge{samples.number<std::uint32_t>(), samples.text(sasl_bytes_max)};
        CHECK(std::get<Challenge>(decode_response(encode(Response(challenge))).value()).data == challenge.data);
        const Failed failed{samples.number<std::uint32_t>(), static_cast<Failure>(1 + samples.below(6)),
            samples.text(user_bytes_max), samples.text(reason_bytes_max)};
        const auto read_failed = std::get<Failed>(decode_response(encode(Response(failed))).value());
        CHECK(read_failed.id == failed.id);
        CHECK(read_failed.why == failed.why);
        CHECK(read_failed.user == failed.user);
        CHECK(read_failed.reason == failed.reason);
        const Succeeded succeeded{samples.number<std::uint32_t>(), samples.text(user_bytes_max),
            samples.number<std::uint32_t>(), samples.bytes<16>(), samples.id(), samples.number<std::uint32_t>()};
        const auto read = std::get<Succeeded>(decode_response(encode(Response(succeeded))).value());
        CHECK(read.id == succeeded.id);
        CHECK(read.user == succeeded.user);
        CHECK(read.uid == succeeded.uid);
        CHECK(read.identity == succeeded.identity);
        CHECK(read.session == succeeded.session);
        CHECK(read.generation == succeeded.generation);
        CHECK(std::get<Granted>(decode_response(encode(Response(Granted{4}))).value()).id == 4);
        for (const Response& response :
            {Response(challenge), Response(failed), Response(succeeded), Response(Granted{4})})
            check_round_trip(encode(response), decode_response, encode_response);
    }
}

TEST_CASE("a failure that nobody knows is refused; a request is no response") {
    for (const int unknown : {0, 7, 255})
        CHECK_FALSE(decode_response(encode(Response(Failed{1, static_cast<Failure>(unknown), "", ""}))));
    CHECK_FALSE(decode_response(encode(Request(Done{1}))));
    CHECK_FALSE(decode_request(encode(Response(Granted{1}))));
}

TEST_CASE("a SASL message above its bound is refused") {
    CHECK(decode_request(encode(Request(Continue{1, std::string(sasl_bytes_max, 'x')}))));
    CHECK_FALSE(decode_request(encode(Request(Continue{1, std::string(sasl_bytes_max + 1, 'x')}))));
}
