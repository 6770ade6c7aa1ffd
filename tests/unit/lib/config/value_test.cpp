// SPDX-License-Identifier: Apache-2.0
#include "config/value.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace hearth::config;
using std::chrono::milliseconds;

namespace {

// The canonical text, or "message | hint".
std::string read(Scope scope, std::string_view name, std::string_view raw) {
    const auto* spec = find_setting(scope, name);
    REQUIRE(spec != nullptr);
    std::string canonical;
    if (const auto bad = canonicalize(*spec, raw, canonical)) return bad->message + " | " + bad->hint;
    return canonical;
}

} // namespace

TEST_CASE("a time needs a unit and is kept in the greatest one that divides it") {
    CHECK(read(Scope::service, "idle_kill", "300s") == "5 mins");
    CHECK(read(Scope::service, "idle_kill", "90 SECS") == "90 secs");
    CHECK(read(Scope::service, "idle_kill", "1 hour") == "1 hour");
    CHECK(read(Scope::service, "idle_kill", "48h") == "2 days");
    CHECK(read(Scope::service, "idle_kill", "1w") == "1 week");
    CHECK(read(Scope::service, "idle_kill", "1500ms") == "1500 msecs");
    CHECK(read(Scope::service, "idle_kill", "0") == "0");
    CHECK(read(Scope::service, "idle_kill", "infinite") == "infinite");
    CHECK(read(Scope::service, "idle_kill", "60") ==
          "idle_kill = 60 has no unit | write 60 secs or 60 mins; units are ms, s, m, h, d, w and their longer forms");
    CHECK(read(Scope::service, "idle_kill", "5 fortnights") ==
          "idle_kill is a time, not \"5 fortnights\" | a number with its unit (ms, s, m, h, d, w), such as 5 mins");
    CHECK(read(Scope::service, "idle_kill", "99999999999999999 w").find("is a time") != std::string::npos);
    CHECK(read(Scope::global, "login_handover_timeout", "20s") ==
          "login_handover_timeout = 20s is too large | at most 14 secs");
    CHECK(read(Scope::global, "login_handover_timeout", "infinite").find("is a time") != std::string::npos);
}

TEST_CASE("a size is 1024 based and bare numbers are bytes") {
    CHECK(read(Scope::global, "auth_cache_size", "10240k") == "10M");
    CHECK(read(Scope::global, "auth_cache_size", "1 GiB") == "1G");
    CHECK(read(Scope::global, "auth_cache_size", "1500") == "1500");
    CHECK(
        read(Scope::global, "auth_cache_size", "10 X") ==
        "auth_cache_size is a size, not \"10 X\" | a number of bytes, or with B, K, M, G or T (of 1024), such as 256M");
    CHECK(read(Scope::global, "auth_cache_size", "99999999999999999999T").find("is a size") != std::string::npos);
    CHECK(read(Scope::service, "vsz_limit", "unlimited") == "unlimited");
    CHECK(read(Scope::global, "default_vsz_limit", "4k") == "default_vsz_limit = 4k is too small | at least 1M");
}

TEST_CASE("a mode without a leading zero is explained") {
    CHECK(read(Scope::unix_listener, "mode", "0600") == "0600");
    CHECK(read(Scope::unix_listener, "mode", "00660") == "0660");
    CHECK(read(Scope::unix_listener, "mode", "0") == "0");
    CHECK(read(Scope::unix_listener, "mode", "600") == "mode = 600 is not octal: without a leading 0 it is the decimal "
                                                       "number 600, which as a mode is 01130 | write mode = 0600");
    CHECK(read(Scope::unix_listener, "mode", "0900") == "mode is an octal file mode, not \"0900\" | for example 0600");
    CHECK(read(Scope::unix_listener, "mode", "999") == "mode = 999 is not octal | for example 0600");
    CHECK(read(Scope::unix_listener, "mode", "rw") == "mode is an octal file mode, not \"rw\" | for example 0600");
}

TEST_CASE("counts, shares, booleans, enumerations and words say what they take") {
    CHECK(read(Scope::service, "client_limit", "12") == "12");
    CHECK(
        read(Scope::service, "client_limit", "-1") == "client_limit is a whole number, not \"-1\" | a decimal number");
    CHECK(read(Scope::service, "client_limit", "1000001") == "client_limit = 1000001 is too large | at most 1000000");
    CHECK(read(Scope::service, "service_count", "unlimited") == "unlimited");
    CHECK(read(Scope::inet_listener, "port", "70000") == "port = 70000 is too large | at most 65535");
    CHECK(read(Scope::service, "process_limit_reserve", "5 %") == "5%");
    CHECK(read(Scope::service, "process_limit_reserve", "20") == "20");
    CHECK(read(Scope::service, "process_limit_reserve", "80%") ==
          "process_limit_reserve = 80% is too large | at most 50%");
    CHECK(read(Scope::global, "disable_plaintext_auth", "YES") == "yes");
    CHECK(read(Scope::global, "disable_plaintext_auth", "false") ==
          "disable_plaintext_auth is yes or no, not \"false\" | write yes or no");
    CHECK(read(Scope::global, "anvil_unreachable", "alow") ==
          "anvil_unreachable can't be \"alow\" | did you mean \"allow\"? It is one of: allow, refuse");
    CHECK(read(Scope::global, "auth_mechanisms", "PLAIN,  login") == "plain login");
    CHECK(read(Scope::global, "auth_mechanisms", "plain scram-sha-256") ==
          "auth_mechanisms can't be \"scram-sha-256\" | one of: plain, login");
    CHECK(read(Scope::mailbox, "special_use", "\\sent \\All") == "\\Sent \\All");
}

TEST_CASE("every default of the schema is canonical text of its own type") {
    const auto check = [](const SettingSpec& spec) {
        CAPTURE(spec.name);
        std::string canonical;
        CHECK(!canonicalize(spec, spec.default_value, canonical));
        CHECK(canonical == spec.default_value);
        CHECK(!spec.doc.empty());
        CHECK(spec.doc.back() == '.');
        const bool needs_sentence = spec.standing == Standing::note || spec.standing == Standing::refuse;
        CHECK(spec.sentence.empty() == !needs_sentence);
    };
    for (const auto& spec : global_settings())
        check(spec);
    for (const auto& spec : section_settings())
        check(spec);
}

TEST_CASE("no setting is listed twice in one kind of section") {
    for (const auto scope : {Scope::global, Scope::service, Scope::unix_listener, Scope::inet_listener, Scope::passdb,
             Scope::userdb, Scope::name_space, Scope::mailbox}) {
        auto names = setting_names(scope);
        std::sort(names.begin(), names.end());
        const auto twice = std::adjacent_find(names.begin(), names.end());
        CHECK_MESSAGE(twice == names.end(), (twice == names.end() ? "" : std::string(*twice)));
    }
}

TEST_CASE("canonical text is read back as the number or time it stands for") {
    CHECK(decode_number("256M") == 256ULL * 1024 * 1024);
    CHECK(decode_number("0660") == 0660);
    CHECK(decode_number("0") == 0);
    CHECK(decode_number("5%") == 5);
    CHECK(decode_number("unlimited") == std::numeric_limits<std::uint64_t>::max());
    CHECK(!decode_number("x"));
    CHECK(decode_time("5 mins") == milliseconds(300'000));
    CHECK(decode_time("infinite") == milliseconds::max());
    CHECK(!decode_time("5"));
    for (const std::int64_t ms :
        {0LL, 1LL, 999LL, 1000LL, 60'000LL, 61'000LL, 3'600'000LL, 86'400'000LL, 604'800'000LL})
        CHECK(decode_time(time_text(milliseconds(ms))) == milliseconds(ms));
}
