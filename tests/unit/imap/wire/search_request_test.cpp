// SPDX-License-Identifier: Apache-2.0
#include "wire/search_request.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace hearth;
using namespace hearth::imap;

namespace {

std::string show(const SearchKey& key) {
    using Kind = SearchKey::Kind;
    std::string children;
    for (const auto& child : key.children)
        children += (children.empty() ? "" : " ") + show(child);
    if (key.kind == Kind::negate) return "!" + children;
    if (key.kind == Kind::any) return "{" + children + "}";
    if (key.kind == Kind::every) return "(" + children + ")";
    const auto* const word = key.kind == Kind::sequence ? "set" :
        key.kind == Kind::uid                           ? "uid" :
        key.kind == Kind::saved_result                  ? "$" :
        key.kind == Kind::flag                          ? "flag" :
        key.kind == Kind::body                          ? "body" :
        key.kind == Kind::header                        ? "header:" :
        key.kind == Kind::modseq                        ? "modseq" :
                                                          "?";
    return (key.fuzzy ? "~" : "") + std::string(word) + key.name + (key.number != 0 ? std::to_string(key.number) : "") +
        (key.text.empty() ? "" : "=" + key.text);
}

std::string keys(std::string_view text) {
    Arguments arguments(text);
    const auto request = read_search_request(arguments);
    return request ? show(request->key) : "BAD " + arguments.error();
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

std::string returns(std::string_view text) {
    Arguments arguments(text);
    const auto found = read_search_return(arguments);
    if (!found) return "BAD " + arguments.error();
    return std::string(found->min ? "min " : "") + (found->max ? "max " : "") + (found->count ? "count " : "") +
        (found->all ? "all " : "") + (found->save ? "save " : "") +
        (found->relevancy ? "relevancy " : "") +
        (found->partial ? std::to_string(found->partial->first) + ':' + std::to_string(found->partial->last) +
                    (found->partial->from_end ? "-" : "") :
                          "");
}

} // namespace

TEST_CASE("search keys make a tree, cheap ones first") {
    CHECK(keys("SEEN") == "(flag)");
    CHECK(keys("BODY x SEEN") == "(flag body=x)");
    CHECK(keys("OR BODY a NOT (SEEN DELETED) UID 1") == "(uid {!(flag flag) body=a})");
    CHECK(keys("NOT NOT SEEN OR OR 1 2 3") == "(!!flag {{set set} set})");
    CHECK(keys("HEADER X-Y \"a b\" FROM me") == "(header:From=me header:X-Y=a b)");
    CHECK(keys("((SEEN))") == "(((flag)))");
    CHECK(keys("$ UID $ 1") == "($ $ set)");
}

TEST_CASE("FUZZY belongs to the next key, and is exact where there is nothing fuzzy to it") {
    CHECK(keys("FUZZY BODY x") == "(~body=x)");
    CHECK(keys("FUZZY SEEN BODY x") == "(flag body=x)");
    CHECK(keys("FUZZY (SEEN BODY x) BODY y") == "((flag ~body=x) body=y)");
    CHECK(keys("FUZZY NOT BODY x BODY y") == "(!~body=x body=y)");
    CHECK(keys("FUZZY OR BODY x NOT (BODY y) BODY z") == "({~body=x !(~body=y)} body=z)");
    CHECK(keys("NOT FUZZY BODY x") == "(!~body=x)");
    CHECK(keys("FUZZY FUZZY BODY x") == "(~body=x)");
    CHECK(keys("FUZZY FROM x FROM y") == "(~header:From=x header:From=y)");
    CHECK(keys("FUZZY HEADER X-Y z") == "(~header:X-Y=z)");
    CHECK(keys("FUZZY").starts_with("BAD "));
    CHECK(keys("FUZZY ").starts_with("BAD "));
    CHECK(keys(repeated("FUZZY FROM x ", 50) + "SEEN").starts_with("("));
    CHECK(keys(repeated("FUZZY FROM x ", 51) + "SEEN") == "BAD Too many BODY, TEXT and FUZZY keys");
}

TEST_CASE("RELEVANCY is for those who search with FUZZY") {
    CHECK(returns(" (RELEVANCY ALL) ") == "all relevancy ");
    CHECK(keys("RETURN (RELEVANCY) FUZZY TEXT x") == "(~?=x)");
    CHECK(keys("RETURN (RELEVANCY) NOT FUZZY SEEN") == "(!flag)");
    CHECK(keys("RETURN (RELEVANCY) TEXT x") == "BAD RELEVANCY is about FUZZY keys");
    const auto sorts = [](std::string_view text) {
        Arguments arguments(text);
        return read_sort_request(arguments).has_value();
    };
    CHECK(sorts("(RELEVANCY SUBJECT) UTF-8 FUZZY TEXT x"));
    CHECK(sorts("RETURN (RELEVANCY) (REVERSE RELEVANCY) UTF-8 FUZZY TEXT x"));
    CHECK_FALSE(sorts("(RELEVANCY) UTF-8 TEXT x"));
    CHECK_FALSE(sorts("RETURN (RELEVANCY) (SUBJECT) UTF-8 TEXT x"));
}

TEST_CASE("MODSEQ is read with and without the entry's name") {
    CHECK(keys("MODSEQ 620162338") == "(modseq620162338)");
    CHECK(keys("MODSEQ \"/flags/\\\\draft\" all 620162338") == "(modseq620162338)");
    CHECK(keys("MODSEQ \"/flags/x\" some 5") == "BAD The entry's type must be all, priv or shared");
    CHECK(keys("MODSEQ \"/other\" all 5") == "BAD Only /flags/ entries have a modification sequence");
    CHECK(keys("MODSEQ 9223372036854775808") == "BAD A modification sequence has 63 bits");
}

TEST_CASE("incomplete and broken search keys are refused") {
    for (const auto* text : {"", "OR SEEN", "NOT", "(SEEN", "SEEN)", "()", "(SEEN)(SEEN)", "OR", "SINCE yesterday",
             "SINCE 32-Jan-2020", "UID x", "0", "KEYWORD", "HEADER a", "LARGER x", "NONSENSE", "CHARSET UTF-8",
             "RETURN (NONE) ALL", "RETURN MIN ALL", "YOUNGER 0", "YOUNGER x", "OLDER 4294967296", "MODSEQ", "EMAILID",
             "$$", "UID $,1", "SAVEDON x", "CHARSET", "RETURN"})
        CHECK_MESSAGE(keys(text).starts_with("BAD "), text);
}

TEST_CASE("nesting is bounded and costs no call depth") {
    CHECK(keys(repeated("NOT ", 99) + "SEEN") == "(" + repeated("!", 99) + "flag)");
    CHECK(keys(repeated("NOT ", 101) + "SEEN") == "BAD Search keys are nested too deeply");
    CHECK(keys(repeated("(", 60000)) == "BAD Search keys are nested too deeply");
    CHECK(keys(repeated("(", 50) + "SEEN" + repeated(")", 50)).starts_with("((("));
}

TEST_CASE("keys and their strings are bounded") {
    CHECK(keys(repeated("SEEN ", 1999) + "SEEN").starts_with("(flag"));
    CHECK(keys(repeated("SEEN ", 2000) + "SEEN") == "BAD Too many search keys");
    CHECK(keys(repeated("BODY x ", 49) + "BODY x").starts_with("(body"));
    CHECK(keys(repeated("BODY x ", 50) + "BODY x") == "BAD Too many BODY, TEXT and FUZZY keys");
    CHECK(keys("FROM " + repeated("x", 1024)).starts_with("(header"));
    CHECK(keys("FROM " + repeated("x", 1025)) == "BAD A search string is too long");
}

TEST_CASE("return options are read") {
    CHECK(returns(" (MIN max Count) ") == "min max count ");
    CHECK(returns(" () ") == "all ");
    CHECK(returns(" (SAVE) ") == "save ");
    CHECK(returns(" (SAVE ALL) ") == "all save ");
    CHECK(returns(" (PARTIAL 500:1) ") == "1:500");
    CHECK(returns(" (COUNT PARTIAL -1:-100) ") == "count 1:100-");
    for (const auto* text : {" (PARTIAL 1:2 ALL) ", " (PARTIAL 0:2) ", " (PARTIAL 1:-2) ", " (PARTIAL -1:2) ", " (PARTIAL 1) ",
             " (PARTIAL 1:2 PARTIAL 1:2) ", " (PARTIAL) ", " (FOO) ", " (MIN", " MIN ", "", " (MIN)"})
        CHECK_MESSAGE(returns(text).starts_with("BAD "), text);
}

TEST_CASE("strings are converted from their charset") {
    Arguments latin("CHARSET ISO-8859-1 SUBJECT \"gr\xfc\xdf\"");
    CHECK(read_search_request(latin)->key.children.at(0).text == "gr\xc3\xbc\xc3\x9f");
    Arguments japanese("CHARSET Shift_JIS BODY {2+}\r\n\x82\xa0");
    CHECK(read_search_request(japanese)->key.children.at(0).text == "\xe3\x81\x82");
    Arguments utf8("CHARSET utf-8 OR SUBJECT \"\xc3\xbc\" BODY x SINCE 1-Feb-1994");
    const auto request = read_search_request(utf8);
    CHECK(!request->charset_is_wrong);
    CHECK(request->key.children.at(0).day == 8797);
    for (const auto* text : {"CHARSET KLINGON SUBJECT x", "CHARSET \"UTF-8//IGNORE\" SUBJECT x", "CHARSET \"\" SUBJECT x",
             "CHARSET ../../etc/passwd SUBJECT x", "CHARSET Shift_JIS SUBJECT \"\x82\""}) {
        Arguments arguments(text);
        const auto wrong = read_search_request(arguments);
        REQUIRE_MESSAGE(wrong, text);
        if (wrong->charset.empty()) continue;
        CHECK_MESSAGE(wrong->charset_is_wrong, text);
    }
}

TEST_CASE("SORT reads its criteria") {
    using By = SortCriterion::By;
    Arguments arguments("RETURN (COUNT) (REVERSE DATE Subject DISPLAYFROM) UTF-8 ALL");
    const auto request = read_sort_request(arguments);
    REQUIRE(request);
    CHECK(request->returns->count);
    CHECK(request->criteria ==
          std::vector<SortCriterion>{{By::date, true}, {By::subject, false}, {By::display_from, false}});
    for (const auto* broken_text : {"", "() UTF-8 ALL", "(DATE) ALL", "(DATE) UTF-8", "(FOO) UTF-8 ALL", "(REVERSE) UTF-8 ALL",
             "(REVERSE REVERSE DATE) UTF-8 ALL", "DATE UTF-8 ALL", "(DATE UTF-8 ALL"}) {
        Arguments broken(broken_text);
        CHECK_MESSAGE(!read_sort_request(broken), broken_text);
    }
    const auto text = "(" + repeated("DATE ", 20) + "DATE) UTF-8 ALL";
    Arguments many(text);
    CHECK(!read_sort_request(many));
    CHECK(many.error() == "Too many sort criteria");
}

TEST_CASE("THREAD reads its algorithm") {
    Arguments arguments("references UTF-8 SINCE 1-Feb-1994");
    CHECK(read_thread_request(arguments)->algorithm == ThreadAlgorithm::references);
    Arguments ordered("ORDEREDSUBJECT US-ASCII ALL");
    CHECK(read_thread_request(ordered)->algorithm == ThreadAlgorithm::ordered_subject);
    for (const auto* text : {"", "JWZ UTF-8 ALL", "REFERENCES", "REFERENCES UTF-8", "REFERENCES ALL"}) {
        Arguments broken(text);
        CHECK_MESSAGE(!read_thread_request(broken), text);
    }
}
