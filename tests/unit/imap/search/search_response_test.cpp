// SPDX-License-Identifier: Apache-2.0
#include "search/search_response.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;

namespace {

struct Rows {
    std::vector<store::MessageRow> rows;
    explicit Rows(std::size_t count) : rows(count) {
        for (std::size_t i = 0; i < count; ++i) {
            rows[i].uid = static_cast<std::uint32_t>(10 * (i + 1));
            rows[i].modseq = 100 - i;
        }
    }
    SearchResult result(std::vector<std::uint32_t> found, bool uid = false) const {
        SearchResult result;
        result.rows = rows;
        result.found = std::move(found);
        result.uid = uid;
        return result;
    }
};

SearchReturn wanted(std::string_view text) {
    Arguments arguments(text);
    return read_search_return(arguments).value();
}

std::string esearch(const SearchResult& result, std::string_view returns) {
    std::string out;
    append_esearch(out, result, wanted(returns), "t");
    const std::string_view start = "* ESEARCH (TAG \"t\")";
    CHECK(out.starts_with(start));
    return out.substr(start.size(), out.size() - start.size() - 2);
}

} // namespace

TEST_CASE("pages are counted from either end") {
    const Rows rows(10);
    const auto result = rows.result({0, 2, 4, 5, 6}, true);
    CHECK(esearch(result, " (PARTIAL 1:2) ") == " UID PARTIAL (1:2 10,30)");
    CHECK(esearch(result, " (PARTIAL 4:2) ") == " UID PARTIAL (2:4 30,50,60)");
    CHECK(esearch(result, " (PARTIAL -1:-2) ") == " UID PARTIAL (-1:-2 60,70)");
    CHECK(esearch(result, " (PARTIAL -4:-100 COUNT) ") == " UID PARTIAL (-4:-100 10,30) COUNT 5");
    CHECK(esearch(result, " (PARTIAL 6:9) ") == " UID PARTIAL (6:9 NIL)");
    CHECK(esearch(rows.result({}), " (PARTIAL 1:1) ") == " PARTIAL (1:1 NIL)");
    CHECK(page(result.found, {5, 4000000000U, false}).size() == 1);
}

TEST_CASE("relevancies come in the order of the result, of a page if there is one") {
    const Rows rows(10);
    auto result = rows.result({4, 2, 0});
    result.relevancies = {42, 0, 7, 0, 100, 0, 0, 0, 0, 0};
    CHECK(esearch(result, " (RELEVANCY ALL) ") == " ALL 5,3,1 RELEVANCY (100 7 42)");
    CHECK(esearch(result, " (RELEVANCY) ") == " RELEVANCY (100 7 42)");
    CHECK(esearch(result, " (PARTIAL 2:3 RELEVANCY COUNT) ") == " PARTIAL (2:3 3,1) RELEVANCY (7 42) COUNT 3");
    result.found.clear();
    CHECK(esearch(result, " (RELEVANCY ALL) ") == " RELEVANCY ()");
    CHECK(saved_result(rows.result({4, 2, 0}), wanted(" (SAVE RELEVANCY) ")) == std::vector<std::uint32_t>{10, 30, 50});
}

TEST_CASE("sets of sorted results keep their order") {
    const Rows rows(10);
    CHECK(esearch(rows.result({4, 2, 1, 2, 3, 0}), " (ALL MIN MAX) ") == " MIN 5 MAX 1 ALL 5,3,2:4,1");
}

TEST_CASE("MODSEQ tells the highest of what is told") {
    const Rows rows(10);
    auto result = rows.result({2, 5, 7});
    result.with_modseq = true;
    CHECK(esearch(result, " (MIN) ") == " MIN 3 MODSEQ 98");
    CHECK(esearch(result, " (MAX) ") == " MAX 8 MODSEQ 93");
    CHECK(esearch(result, " (MIN MAX) ") == " MIN 3 MAX 8 MODSEQ 98");
    CHECK(esearch(result, " (COUNT) ") == " COUNT 3 MODSEQ 98");
    CHECK(esearch(result, " (PARTIAL -1:-1) ") == " PARTIAL (-1:-1 8) MODSEQ 93");
    result.found.clear();
    CHECK(esearch(result, " (ALL COUNT) ") == " COUNT 0");
    std::string out;
    append_search(out, "SEARCH", result);
    CHECK(out == "* SEARCH\r\n");
    result.found = {5, 2};
    out.clear();
    append_search(out, "SORT", result);
    CHECK(out == "* SORT 6 3 (MODSEQ 98)\r\n");
}

TEST_CASE("what is saved depends on what was asked for") {
    const Rows rows(10);
    using Uids = std::vector<std::uint32_t>;
    const auto result = rows.result({7, 2, 5});
    CHECK(saved_result(result, wanted(" (SAVE) ")) == Uids{30, 60, 80});
    CHECK(saved_result(result, wanted(" (SAVE ALL) ")) == Uids{30, 60, 80});
    CHECK(saved_result(result, wanted(" (SAVE MIN) ")) == Uids{80});
    CHECK(saved_result(result, wanted(" (SAVE MIN MAX) ")) == Uids{60, 80});
    CHECK(saved_result(result, wanted(" (SAVE MIN COUNT) ")) == Uids{30, 60, 80});
    CHECK(saved_result(result, wanted(" (SAVE PARTIAL 2:3) ")) == Uids{30, 60});
    CHECK(saved_result(result, wanted(" (SAVE PARTIAL 1:1 MIN) ")) == Uids{80});
    CHECK(saved_result(result, wanted(" (SAVE PARTIAL 1:1 COUNT) ")) == Uids{30, 60, 80});
    CHECK(saved_result(rows.result({}), wanted(" (SAVE MIN) ")).empty());
}
