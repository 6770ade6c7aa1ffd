// SPDX-License-Identifier: Apache-2.0
#include "protocol/auth.hpp"
#include "protocol/limits.hpp"
#include "protocol/message_head.hpp"

namespace hearth::protocol::auth {
namespace {

enum class Type : std::uint8_t { begin = 1, proceed, done, regrant, challenge = 16, failed, succeeded, granted };

constexpr MessageHead<Type> head{.magic = 0x48415554, .version = 1}; // "HAUT"

// Each message says which authentication it belongs to.
Writer begin(Type type, std::uint32_t id) {
    auto out = head.begin(type);
    out.u32(id);
    return out;
}

struct Encoder {
    std::string operator()(const Begin& m) const {
        auto out = begin(Type::begin, m.id);
        out.text(m.service);
        out.text(m.mechanism);
        out.text(m.remote_ip);
        out.text(m.local_ip);
        out.u16(m.remote_port);
        out.u16(m.local_port);
        out.u8(m.secured ? 1 : 0);
        out.u8(m.initial ? 1 : 0);
        out.text(m.initial.value_or(""));
        return out.take();
    }
    std::string operator()(const Continue& m) const {
        auto out = begin(Type::proceed, m.id);
        out.text(m.data);
        return out.take();
    }
    std::string operator()(const Done& m) const { return begin(Type::done, m.id).take(); }
    std::string operator()(const Regrant& m) const { return begin(Type::regrant, m.id).take(); }
    std::string operator()(const Challenge& m) const {
        auto out = begin(Type::challenge, m.id);
        out.text(m.data);
        return out.take();
    }
    std::string operator()(const Failed& m) const {
        auto out = begin(Type::failed, m.id);
        out.u8(static_cast<std::uint8_t>(m.why));
        out.text(std::string_view(m.user).substr(0, user_bytes_max));
        out.text(std::string_view(m.reason).substr(0, reason_bytes_max));
        return out.take();
    }
    std::string operator()(const Succeeded& m) const {
        auto out = begin(Type::succeeded, m.id);
        out.text(m.user);
        out.u32(m.uid);
        out.bytes(m.identity);
        out.id(m.session);
        out.u32(m.generation);
        return out.take();
    }
    std::string operator()(const Granted& m) const { return begin(Type::granted, m.id).take(); }
};

struct Opening {
    Type type;
    std::uint32_t id;
};

std::optional<Opening> opening_of(Reader& in) {
    const auto type = head.read(in);
    const auto id = in.u32();
    if (!type || !in.ok()) return std::nullopt;
    return Opening{*type, id};
}

Begin get_begin(Reader& in, std::uint32_t id) {
    Begin m;
    m.id = id;
    m.service = in.text(service_bytes_max);
    m.mechanism = in.text(mechanism_bytes_max);
    m.remote_ip = in.text(ip_bytes_max);
    m.local_ip = in.text(ip_bytes_max);
    m.remote_port = in.u16();
    m.local_port = in.u16();
    m.secured = in.u8() != 0;
    const bool has_initial = in.u8() != 0;
    std::string initial(in.text(sasl_bytes_max));
    if (has_initial) m.initial = std::move(initial);
    return m;
}

} // namespace

std::string encode(const Request& request) {
    return std::visit(Encoder{}, request);
}

std::string encode(const Response& response) {
    return std::visit(Encoder{}, response);
}

std::optional<Request> decode_request(std::string_view frame) {
    Reader in(frame);
    const auto opening = opening_of(in);
    if (!opening) return std::nullopt;
    std::optional<Request> request;
    switch (opening->type) {
    case Type::begin: request = get_begin(in, opening->id); break;
    case Type::proceed: {
        Continue m;
        m.id = opening->id;
        m.data = in.text(sasl_bytes_max);
        request = std::move(m);
        break;
    }
    case Type::done: request = Done{opening->id}; break;
    case Type::regrant: request = Regrant{opening->id}; break;
    default: return std::nullopt;
    }
    return in.done() ? request : std::nullopt;
}

std::optional<Response> decode_response(std::string_view frame) {
    Reader in(frame);
    const auto opening = opening_of(in);
    if (!opening) return std::nullopt;
    std::optional<Response> response;
    switch (opening->type) {
    case Type::challenge: {
        Challenge m;
        m.id = opening->id;
        m.data = in.text(sasl_bytes_max);
        response = std::move(m);
        break;
    }
    case Type::failed: {
        Failed m;
        m.id = opening->id;
        const auto why = in.u8();
        if (why < 1 || why > static_cast<std::uint8_t>(Failure::expired)) return std::nullopt;
        m.why = static_cast<Failure>(why);
        m.user = in.text(user_bytes_max);
        m.reason = in.text(reason_bytes_max);
        response = std::move(m);
        break;
    }
    case Type::succeeded: {
        Succeeded m;
        m.id = opening->id;
        m.user = in.text(user_bytes_max);
        m.uid = in.u32();
        m.identity = in.bytes<16>();
        m.session = in.id();
        m.generation = in.u32();
        response = std::move(m);
        break;
    }
    case Type::granted: response = Granted{opening->id}; break;
    default: return std::nullopt;
    }
    return in.done() ? response : std::nullopt;
}

} // namespace hearth::protocol::auth
