// SPDX-License-Identifier: Apache-2.0
#include "wire/search_request.hpp"
#include "wire/charset.hpp"

#include <utility>

namespace hearth::imap {
namespace {

// Strings become UTF-8; false when one isn't valid in `charset`.
bool decode_strings(SearchKey& key, std::string_view charset) {
    if (!key.text.empty()) {
        auto text = to_utf8(key.text, charset);
        if (!text) return false;
        key.text = std::move(*text);
    }
    for (auto& child : key.children)
        if (!decode_strings(child, charset)) return false;
    return true;
}

bool read_charset(Arguments& arguments, SearchProgram& program) {
    auto charset = arguments.astring();
    if (!charset || !arguments.space()) return false;
    program.charset = std::move(*charset);
    return true;
}

bool read_keys(Arguments& arguments, SearchProgram& program) {
    auto key = read_search_keys(arguments, &program.has_fuzzy);
    if (!key) return false;
    program.key = std::move(*key);
    program.charset_is_wrong = !program.charset.empty() && (!is_known_charset(program.charset) ||
                                                               !decode_strings(program.key, program.charset));
    return true;
}

// RFC 6203 sections 4 and 6: without a FUZZY key there is nothing to be relevant to.
bool may_tell_relevancy(
    Arguments& arguments, const SearchProgram& program, const std::optional<SearchReturn>& returns) {
    return program.has_fuzzy || !returns || !returns->relevancy || arguments.fail("RELEVANCY is about FUZZY keys");
}

std::optional<SortCriterion::By> read_criterion(Arguments& arguments) {
    using By = SortCriterion::By;
    static constexpr std::pair<std::string_view, By> names[] = {{"ARRIVAL", By::arrival}, {"CC", By::cc},
        {"DATE", By::date}, {"DISPLAYFROM", By::display_from}, {"DISPLAYTO", By::display_to}, {"FROM", By::from},
        {"RELEVANCY", By::relevancy}, {"SIZE", By::size}, {"SUBJECT", By::subject}, {"TO", By::to}};
    for (const auto& [name, by] : names)
        if (arguments.take_word(name)) return by;
    arguments.fail("Unknown sort criterion");
    return std::nullopt;
}

bool read_criteria(Arguments& arguments, std::vector<SortCriterion>& criteria) {
    if (!arguments.expect('(')) return false;
    do {
        const bool reverse = arguments.take_word("REVERSE");
        if (reverse && !arguments.space()) return false;
        const auto by = read_criterion(arguments);
        if (!by) return false;
        if (criteria.size() == sort_criteria_max) return arguments.fail("Too many sort criteria");
        criteria.push_back({*by, reverse});
    } while (arguments.take(' '));
    return arguments.expect(')') && arguments.space();
}

bool read_algorithm(Arguments& arguments, ThreadAlgorithm& algorithm) {
    if (arguments.take_word("ORDEREDSUBJECT"))
        algorithm = ThreadAlgorithm::ordered_subject;
    else if (arguments.take_word("REFERENCES"))
        algorithm = ThreadAlgorithm::references;
    else if (arguments.take_word("REFS"))
        algorithm = ThreadAlgorithm::refs;
    else
        return arguments.fail("Unknown threading algorithm");
    return arguments.space();
}

} // namespace

std::optional<SearchRequest> read_search_request(Arguments& arguments) {
    SearchRequest request;
    if (arguments.take_word("RETURN") && !(request.returns = read_search_return(arguments))) return std::nullopt;
    if (arguments.take_word("CHARSET") && (!arguments.space() || !read_charset(arguments, request)))
        return std::nullopt;
    if (!read_keys(arguments, request)) return std::nullopt;
    if (!may_tell_relevancy(arguments, request, request.returns)) return std::nullopt;
    return request;
}

std::optional<SortRequest> read_sort_request(Arguments& arguments) {
    SortRequest request;
    if (arguments.take_word("RETURN") && !(request.returns = read_search_return(arguments))) return std::nullopt;
    if (!read_criteria(arguments, request.criteria)) return std::nullopt;
    if (!read_charset(arguments, request) || !read_keys(arguments, request)) return std::nullopt;
    if (!may_tell_relevancy(arguments, request, request.returns)) return std::nullopt;
    if (!request.has_fuzzy && request.sorts_by(SortCriterion::By::relevancy)) {
        arguments.fail("RELEVANCY is about FUZZY keys");
        return std::nullopt;
    }
    return request;
}

std::optional<ThreadRequest> read_thread_request(Arguments& arguments) {
    ThreadRequest request;
    if (!read_algorithm(arguments, request.algorithm)) return std::nullopt;
    if (!read_charset(arguments, request) || !read_keys(arguments, request)) return std::nullopt;
    return request;
}

} // namespace hearth::imap
