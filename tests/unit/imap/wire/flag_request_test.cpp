// SPDX-License-Identifier: Apache-2.0
#include "wire/flag_request.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace hearth;
using namespace hearth::imap;

namespace {

std::optional<StoreRequest> read(const std::string& text) {
    Arguments arguments(text);
    auto request = read_store_request(arguments);
    if (!arguments.end()) request.reset();
    return request;
}

} // namespace

TEST_CASE("STORE's flags may stand in parentheses or not, in any case") {
    for (const char* text : {"+FLAGS (\\Seen $a)", "+flags \\seen $a", "+Flags.Silent  (\\SEEN $a)"}) {
        const auto request = read(text);
        REQUIRE(request.has_value());
        CHECK(request->change.mode == store::FlagChange::Mode::add);
        CHECK(request->change.flags.has(mail::Flag::seen));
        CHECK(request->change.keywords == std::vector<std::string>{"$a"});
        CHECK_FALSE(request->change.unchanged_since.has_value());
    }
    CHECK(read("FLAGS.SILENT ()")->silent);
    CHECK(read("FLAGS ()")->change.mode == store::FlagChange::Mode::replace);
    CHECK(read("-FLAGS \\Draft")->change.mode == store::FlagChange::Mode::remove);
    CHECK(read("(UNCHANGEDSINCE 18446744073709551615) FLAGS ()")->change.unchanged_since == 18446744073709551615U);
}

TEST_CASE("a mailbox's limit of keywords is the limit of a list") {
    std::string list;
    for (std::size_t i = 0; i < store::keywords_max; ++i)
        list += "k" + std::to_string(i) + " K" + std::to_string(i) + " ";
    list.pop_back();
    CHECK(read("FLAGS (" + list + ")")->change.keywords.size() == store::keywords_max);
    CHECK_FALSE(read("FLAGS (" + list + " more)").has_value());
    CHECK(read("FLAGS " + std::string(keyword_bytes_max, 'k')).has_value());
    CHECK_FALSE(read("FLAGS " + std::string(keyword_bytes_max + 1, 'k')).has_value());
}
