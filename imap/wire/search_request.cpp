// SPDX-License-Identifier: Apache-2.0
#include "wire/search_request.hpp"

#include "base/text.hpp"
#include "wire/dates.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

using Kind = SearchKey::Kind;
using Cost = SearchKey::Cost;

/// What stands after the key's name.
enum class Operand { none, keyword, number, date, set, string, field_and_string };

struct KeyName {
    std::string_view name;
    Kind kind;
    Operand operand = Operand::none;
    Cost cost = Cost::row;
    mail::Flag flag = mail::Flag::seen;
    std::string_view field = {};
};

constexpr KeyName key_names[] = {
    {"ALL", Kind::all},
    {"ANSWERED", Kind::flag, Operand::none, Cost::row, mail::Flag::answered},
    {"DELETED", Kind::flag, Operand::none, Cost::row, mail::Flag::deleted},
    {"DRAFT", Kind::flag, Operand::none, Cost::row, mail::Flag::draft},
    {"FLAGGED", Kind::flag, Operand::none, Cost::row, mail::Flag::flagged},
    {"SEEN", Kind::flag, Operand::none, Cost::row, mail::Flag::seen},
    {"UNANSWERED", Kind::no_flag, Operand::none, Cost::row, mail::Flag::answered},
    {"UNDELETED", Kind::no_flag, Operand::none, Cost::row, mail::Flag::deleted},
    {"UNDRAFT", Kind::no_flag, Operand::none, Cost::row, mail::Flag::draft},
    {"UNFLAGGED", Kind::no_flag, Operand::none, Cost::row, mail::Flag::flagged},
    {"UNSEEN", Kind::no_flag, Operand::none, Cost::row, mail::Flag::seen},
    {"NEW", Kind::unseen_and_recent},
    {"OLD", Kind::not_recent},
    {"RECENT", Kind::recent},
    {"KEYWORD", Kind::keyword, Operand::keyword},
    {"UNKEYWORD", Kind::no_keyword, Operand::keyword},
    {"UID", Kind::uid, Operand::set},
    {"LARGER", Kind::larger, Operand::number, Cost::size},
    {"SMALLER", Kind::smaller, Operand::number, Cost::size},
    {"BEFORE", Kind::before, Operand::date},
    {"ON", Kind::on, Operand::date},
    {"SINCE", Kind::since, Operand::date},
    {"SENTBEFORE", Kind::sent_before, Operand::date, Cost::message},
    {"SENTON", Kind::sent_on, Operand::date, Cost::message},
    {"SENTSINCE", Kind::sent_since, Operand::date, Cost::message},
    {"BCC", Kind::header, Operand::string, Cost::message, mail::Flag::seen, "Bcc"},
    {"CC", Kind::header, Operand::string, Cost::message, mail::Flag::seen, "Cc"},
    {"FROM", Kind::header, Operand::string, Cost::message, mail::Flag::seen, "From"},
    {"SUBJECT", Kind::header, Operand::string, Cost::message, mail::Flag::seen, "Subject"},
    {"TO", Kind::header, Operand::string, Cost::message, mail::Flag::seen, "To"},
    {"HEADER", Kind::header, Operand::field_and_string, Cost::message},
    {"BODY", Kind::body, Operand::string, Cost::text},
    {"TEXT", Kind::text, Operand::string, Cost::text},
};

bool read_date(Arguments& arguments, std::int64_t& day) {
    const auto text = arguments.astring();
    if (!text) return false;
    const auto parsed = parse_date(*text);
    if (!parsed) return arguments.fail("Invalid date: 1-Feb-1994 is how they look");
    day = *parsed;
    return true;
}

template <class Value, class Target> bool assign(std::optional<Value> value, Target& target) {
    if (!value) return false;
    target = std::move(*value);
    return true;
}

bool read_operand(Arguments& arguments, Operand operand, SearchKey& key) {
    if (operand == Operand::none) return true;
    if (!arguments.space()) return false;
    switch (operand) {
    case Operand::none: return true;
    case Operand::keyword: return assign(arguments.atom(), key.name);
    case Operand::number: return assign(arguments.number64(), key.number);
    case Operand::date: return read_date(arguments, key.day);
    case Operand::set: return assign(arguments.number_set(), key.set);
    case Operand::string: return assign(arguments.astring(), key.text);
    case Operand::field_and_string:
        return assign(arguments.astring(), key.name) && arguments.space() && assign(arguments.astring(), key.text);
    }
    return false;
}

std::optional<SearchKey> read_leaf(Arguments& arguments) {
    SearchKey key;
    const char first = arguments.peek();
    if (first == '*' || (first >= '0' && first <= '9')) {
        key.kind = Kind::sequence;
        if (!assign(arguments.number_set(), key.set)) return std::nullopt;
        return key;
    }
    const auto word = arguments.atom();
    if (!word) return std::nullopt;
    const auto* found = std::find_if(
        std::begin(key_names), std::end(key_names), [&](const auto& k) { return equal_ignoring_case(k.name, *word); });
    if (found == std::end(key_names)) {
        arguments.fail("Unknown search key: " + std::string(*word));
        return std::nullopt;
    }
    key.kind = found->kind;
    key.cost = found->cost;
    key.flag = found->flag;
    key.name = found->field;
    if (!read_operand(arguments, found->operand, key)) return std::nullopt;
    return key;
}

/// The keys that are still open, outermost first. The bottom is the list of the whole command.
class Nesting {
public:
    Nesting() { open(Kind::every); }

    [[nodiscard]] std::size_t depth() const { return open_.size(); }
    [[nodiscard]] bool in_parentheses() const { return open_.size() > 1 && open_.back().kind == Kind::every; }

    void open(Kind kind) {
        open_.emplace_back();
        open_.back().kind = kind;
    }

    // Puts a finished key where it belongs; that may finish NOT and OR around it.
    void add(SearchKey key) {
        for (;;) {
            auto& parent = open_.back();
            parent.cost = std::max(parent.cost, key.cost);
            parent.children.push_back(std::move(key));
            const std::size_t wanted = parent.kind == Kind::negate ? 1 : 2;
            if (parent.kind == Kind::every || parent.children.size() < wanted) return;
            key = close();
        }
    }

    SearchKey close() {
        SearchKey key = std::move(open_.back());
        open_.pop_back();
        std::stable_sort(
            key.children.begin(), key.children.end(), [](const auto& a, const auto& b) { return a.cost < b.cost; });
        return key;
    }

private:
    std::vector<SearchKey> open_;
};

// One step to the right: a key, or the opening of NOT, OR or a parenthesis.
bool read_key(Arguments& arguments, Nesting& nesting) {
    if (nesting.depth() > search_depth_max) return arguments.fail("Search keys are nested too deeply");
    if (arguments.take('(')) return nesting.open(Kind::every), true;
    const bool negate = arguments.take_word("NOT");
    if (negate || arguments.take_word("OR")) {
        nesting.open(negate ? Kind::negate : Kind::any);
        return arguments.space();
    }
    auto key = read_leaf(arguments);
    if (!key) return false;
    nesting.add(std::move(*key));
    while (nesting.in_parentheses() && arguments.take(')'))
        nesting.add(nesting.close());
    return true;
}

std::optional<SearchKey> read_keys(Arguments& arguments) {
    Nesting nesting;
    bool opened = false; // the last step opened something: no blank follows
    for (;;) {
        const auto depth = nesting.depth();
        if (!read_key(arguments, nesting)) return std::nullopt;
        opened = nesting.depth() > depth;
        if (opened) continue;
        if (arguments.at_end()) break;
        if (!arguments.space()) return std::nullopt;
    }
    if (nesting.depth() == 1) return nesting.close();
    arguments.fail("Search key is not complete");
    return std::nullopt;
}

bool read_returns(Arguments& arguments, SearchReturn& returns) {
    if (!arguments.space() || !arguments.expect('(')) return false;
    while (!arguments.take(')')) {
        if (arguments.take_word("MIN"))
            returns.min = true;
        else if (arguments.take_word("MAX"))
            returns.max = true;
        else if (arguments.take_word("COUNT"))
            returns.count = true;
        else if (arguments.take_word("ALL"))
            returns.all = true;
        else
            return arguments.fail("Unknown SEARCH return option");
        if (arguments.peek() != ')' && !arguments.space()) return false;
    }
    if (!returns.min && !returns.max && !returns.count) returns.all = true; // RETURN () means ALL
    return arguments.space();
}

} // namespace

std::optional<SearchRequest> read_search_request(Arguments& arguments) {
    SearchRequest request;
    if (arguments.take_word("RETURN") && !read_returns(arguments, request.returns.emplace())) return std::nullopt;
    if (arguments.take_word("CHARSET")) {
        arguments.space();
        auto charset = arguments.astring();
        if (!charset || !arguments.space()) return std::nullopt;
        if (!equal_ignoring_case(*charset, "UTF-8") && !equal_ignoring_case(*charset, "US-ASCII")) {
            request.unknown_charset = std::move(*charset);
            return request;
        }
    }
    auto key = read_keys(arguments);
    if (!key) return std::nullopt;
    request.key = std::move(*key);
    return request;
}

} // namespace hearth::imap
