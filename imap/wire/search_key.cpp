// SPDX-License-Identifier: Apache-2.0
#include "wire/search_key.hpp"

#include "base/text.hpp"
#include "mail/summary.hpp"
#include "wire/dates.hpp"
#include "wire/search_key_table.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

using Kind = SearchKey::Kind;
using Cost = SearchKey::Cost;
using Operand = SearchKeyName::Operand;

template <class Value, class Target> bool assign(std::optional<Value> value, Target& target) {
    if (!value) return false;
    target = std::move(*value);
    return true;
}

bool read_date(Arguments& arguments, std::int64_t& day) {
    const auto text = arguments.astring();
    if (!text) return false;
    const auto parsed = parse_date(*text);
    if (!parsed) return arguments.fail("Invalid date: 1-Feb-1994 is how they look");
    day = *parsed;
    return true;
}

bool read_string(Arguments& arguments, std::string& text) {
    if (!assign(arguments.astring(), text)) return false;
    return text.size() <= search_string_bytes_max || arguments.fail("A search string is too long");
}

// RFC 7162 section 3.1.5: MODSEQ ["/flags/\\Seen" all] 620162338. We keep one modseq for the whole message, so the entry
// makes no difference.
bool read_modseq(Arguments& arguments, SearchKey& key) {
    if (arguments.peek() == '"') {
        const auto entry = arguments.string();
        if (!entry || !arguments.space()) return false;
        if (!entry->starts_with("/flags/")) return arguments.fail("Only /flags/ entries have a modification sequence");
        if (!arguments.take_word("all") && !arguments.take_word("priv") && !arguments.take_word("shared"))
            return arguments.fail("The entry's type must be all, priv or shared");
        if (!arguments.space()) return false;
    }
    if (!assign(arguments.number64(), key.number)) return false;
    return key.number <= INT64_MAX || arguments.fail("A modification sequence has 63 bits");
}

bool read_object_id(Arguments& arguments, std::string& id) {
    const auto atom = arguments.atom();
    if (!atom) return false;
    id = *atom;
    return id.size() <= 255 || arguments.fail("An object id is too long");
}

bool read_set(Arguments& arguments, SearchKey& key) {
    if (arguments.take('$')) {
        key.kind = Kind::saved_result;
        return true;
    }
    return assign(arguments.number_set(), key.set);
}

// From, Subject and the like are in the summary; other fields aren't.
bool read_field_and_string(Arguments& arguments, SearchKey& key) {
    if (!read_string(arguments, key.name)) return false;
    if (mail::is_kept_field(key.name)) key.cost = Cost::summary;
    return arguments.space() && read_string(arguments, key.text);
}

bool read_operand(Arguments& arguments, Operand operand, SearchKey& key) {
    if (operand == Operand::none) return true;
    if (!arguments.space()) return false;
    switch (operand) {
    case Operand::none: return true;
    case Operand::keyword: return assign(arguments.atom(), key.name);
    case Operand::number: return assign(arguments.number64(), key.number);
    case Operand::positive:
        if (!assign(arguments.number(), key.number)) return false;
        return key.number != 0 || arguments.fail("The interval can't be 0");
    case Operand::date: return read_date(arguments, key.day);
    case Operand::set: return read_set(arguments, key);
    case Operand::string: return read_string(arguments, key.text);
    case Operand::field_and_string: return read_field_and_string(arguments, key);
    case Operand::modseq: return read_modseq(arguments, key);
    case Operand::object_id: return read_object_id(arguments, key.name);
    }
    return false;
}

std::optional<SearchKey> read_leaf(Arguments& arguments) {
    SearchKey key;
    const char first = arguments.peek();
    if (first == '$' || first == '*' || (first >= '0' && first <= '9')) {
        key.kind = Kind::sequence;
        if (!read_set(arguments, key)) return std::nullopt;
        return key;
    }
    const auto word = arguments.atom();
    if (!word) return std::nullopt;
    const auto* found = find_search_key(*word);
    if (found == nullptr) {
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

    // What is within a FUZZY key is fuzzy.
    void open(Kind kind, bool fuzzy = false) {
        fuzzy = fuzzy || is_fuzzy();
        open_.emplace_back();
        open_.back().kind = kind;
        open_.back().fuzzy = fuzzy;
    }
    [[nodiscard]] bool is_fuzzy() const { return !open_.empty() && open_.back().fuzzy; }

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
        key.fuzzy = false;
        std::stable_sort(
            key.children.begin(), key.children.end(), [](const auto& a, const auto& b) { return a.cost < b.cost; });
        return key;
    }

private:
    std::vector<SearchKey> open_;
};

class KeyReader {
public:
    explicit KeyReader(Arguments& arguments) : arguments_(arguments) {}

    std::optional<SearchKey> read() {
        for (;;) {
            const auto depth = nesting_.depth();
            if (!read_key()) return std::nullopt;
            if (nesting_.depth() > depth) continue; // something was opened: no blank follows
            if (arguments_.at_end()) break;
            if (!arguments_.space()) return std::nullopt;
        }
        if (nesting_.depth() == 1) return nesting_.close();
        arguments_.fail("Search key is not complete");
        return std::nullopt;
    }

    [[nodiscard]] bool has_fuzzy() const { return has_fuzzy_; }

private:
    // One step to the right: a key, or the opening of NOT, OR or a parenthesis.
    bool read_key() {
        if (nesting_.depth() > search_depth_max) return arguments_.fail("Search keys are nested too deeply");
        bool fuzzy = false;
        while (arguments_.take_word("FUZZY")) {
            if (!arguments_.space()) return false;
            fuzzy = has_fuzzy_ = true;
        }
        if (arguments_.take('(')) return nesting_.open(Kind::every, fuzzy), true;
        const bool negate = arguments_.take_word("NOT");
        if (negate || arguments_.take_word("OR")) {
            nesting_.open(negate ? Kind::negate : Kind::any, fuzzy);
            return arguments_.space();
        }
        auto key = read_leaf(arguments_);
        if (!key) return false;
        const bool has_words = key->kind == Kind::header || key->cost == Cost::text;
        key->fuzzy = has_words && (fuzzy || nesting_.is_fuzzy());
        if (!count(*key)) return false;
        nesting_.add(std::move(*key));
        while (nesting_.in_parentheses() && arguments_.take(')'))
            nesting_.add(nesting_.close());
        return true;
    }

    bool count(const SearchKey& key) {
        if (++keys_ > search_keys_max) return arguments_.fail("Too many search keys");
        if ((key.cost == Cost::text || key.fuzzy) && ++text_keys_ > search_text_keys_max)
            return arguments_.fail("Too many BODY, TEXT and FUZZY keys");
        return true;
    }

    Arguments& arguments_;
    Nesting nesting_;
    std::size_t keys_ = 0, text_keys_ = 0;
    bool has_fuzzy_ = false;
};

} // namespace

std::optional<SearchKey> read_search_keys(Arguments& arguments, bool* has_fuzzy) {
    KeyReader reader(arguments);
    auto key = reader.read();
    if (has_fuzzy != nullptr) *has_fuzzy = reader.has_fuzzy();
    return key;
}

} // namespace hearth::imap
