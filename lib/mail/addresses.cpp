// SPDX-License-Identifier: Apache-2.0
// GMime parses addresses one by one; this file cuts the list at its commas and groups. (Given whole lists, GMime
// recurses once per nested group until the stack ends, and reads on over commas in search of an address: quadratic.)
//
// GMime also decodes RFC 2047 words and throws routes away, and an ENVELOPE needs both as they were. So they pass
// through it in disguise: "=?" as "=!A" (and a genuine "=!" as "=!B"), and the route of `<@a,@b:joe@x>` as a first atom
// "=!R." of the local part. All of it is atext, so the grammar that GMime sees is the same.
#include "mail/addresses.hpp"

#include "base/text.hpp"
#include "mail/gobject.hpp"

#include <algorithm>

namespace hearth::mail {
namespace {

// A longer address, quoted string, comment or <...> is none. Bounds what GMime may do with nonsense.
constexpr std::size_t address_length_max = 1000;
// After so many quotes and brackets without their other half nobody looks for the next one's.
constexpr int unclosed_max = 16;
constexpr std::string_view missing_domain = "MISSING_DOMAIN";
constexpr std::string_view missing_mailbox = "MISSING_MAILBOX";
constexpr std::string_view route_mark = "=!R.";

// The length of the quoted string, comment or <...> that starts at `text`, 0 when it doesn't end soon.
std::size_t enclosed_length(std::string_view text) {
    const char open = text[0], close = open == '"' ? '"' : open == '(' ? ')' : '>';
    int depth = 1;
    for (std::size_t i = 1; i < std::min(text.size(), address_length_max); ++i) {
        if (text[i] == '\\' && open != '<')
            ++i;
        else if (text[i] == close && --depth == 0)
            return i + 1;
        else if (text[i] == open && open == '<')
            return 0;
        else if (text[i] == open)
            ++depth;
    }
    return 0;
}

// The length of a route with its colon at the start of `text` ("@a,@b:joe@x>" has 6), 0 when there is none.
std::size_t route_length(std::string_view text) {
    if (text.empty() || text[0] != '@') return 0;
    const auto stop = text.find_first_of(":>\"(");
    return stop == std::string_view::npos || text[stop] != ':' ? 0 : stop + 1;
}

std::string disguise(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto pair = text.substr(i, 2);
        const bool marked = pair == "=?" || pair == "=!";
        if (marked) ++i;
        if (marked)
            result += pair == "=?" ? "=!A" : "=!B";
        else
            result += pair[0];
    }
    return result;
}

std::string reveal(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto mark = text.substr(i, 3);
        if (mark == "=!A" || mark == "=!B") {
            result += mark == "=!A" ? "=?" : "=!";
            i += 2;
        } else if (text[i] != '\r' && text[i] != '\n' && text[i] != '\0') {
            result += text[i];
        }
    }
    return result;
}

std::string without_quotes(std::string_view local) {
    if (local.size() < 2 || local.front() != '"' || local.back() != '"') return std::string(local);
    std::string result;
    for (std::size_t i = 1; i + 1 < local.size(); ++i) {
        if (local[i] == '\\' && i + 2 < local.size()) ++i;
        result += local[i];
    }
    return result;
}

Address to_address(InternetAddressMailbox* mailbox, const std::string& route) {
    Address address;
    const auto name = reveal(text_or_empty(internet_address_get_name(INTERNET_ADDRESS(mailbox))));
    if (!name.empty()) address.name = name;
    const auto text = text_or_empty(internet_address_mailbox_get_addr(mailbox));
    const auto at = text.rfind('@');
    auto local = std::string_view(text).substr(0, at);
    if (local.starts_with(route_mark)) {
        local.remove_prefix(route_mark.size());
        address.route = reveal(route);
    }
    address.mailbox = reveal(without_quotes(local));
    if (address.mailbox->empty()) address.mailbox = missing_mailbox;
    address.host = at == std::string::npos ? std::string(missing_domain) : reveal(text.substr(at + 1));
    if (address.host->empty()) address.host = missing_domain;
    return address;
}

// What no grammar allows but mail has: "Mailer <>" and "a..b.@example.org". Who sent it should still be seen.
std::optional<Address> salvage(std::string_view text) {
    Address address;
    if (text.ends_with("<>")) {
        const auto name = trim(text.substr(0, text.size() - 2));
        if (name.empty()) return std::nullopt;
        address.name = reveal(without_quotes(name));
        address.mailbox = missing_mailbox;
        address.host = missing_domain;
        return address;
    }
    const auto at = text.rfind('@');
    const auto is_plain = [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("()<>[]:;,\\\"@").find(c) == std::string_view::npos;
    };
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return std::nullopt;
    const auto local = text.substr(0, at), host = text.substr(at + 1);
    if (!std::all_of(local.begin(), local.end(), is_plain) || !std::all_of(host.begin(), host.end(), is_plain))
        return std::nullopt;
    address.mailbox = reveal(local);
    address.host = reveal(host);
    return address;
}

// Cuts a list into addresses and the starts and ends of groups, and has GMime read each.
class List {
public:
    explicit List(std::string_view value) : rest_(value) {}
    std::vector<Address> run();

private:
    void take_enclosed();
    void take_separator();
    void finish_address();
    void start_group();
    void end_group();
    void add(InternetAddressList* list);

    std::string_view rest_;
    std::string piece_, route_; // the address at hand, in disguise
    bool in_group_ = false;
    int unclosed_ = 0;
    std::vector<Address> addresses_;
};

std::vector<Address> List::run() {
    while (!rest_.empty()) {
        const auto plain = std::min(rest_.find_first_of("\"(<,:;"), rest_.size());
        piece_ += disguise(rest_.substr(0, plain));
        rest_.remove_prefix(plain);
        if (rest_.empty()) break;
        if (rest_[0] == '"' || rest_[0] == '(' || rest_[0] == '<')
            take_enclosed();
        else
            take_separator();
    }
    finish_address();
    if (in_group_) end_group();
    return std::move(addresses_);
}

void List::take_enclosed() {
    const auto length = unclosed_ < unclosed_max ? enclosed_length(rest_) : 0;
    if (length == 0) ++unclosed_;
    auto text = rest_.substr(0, length);
    rest_.remove_prefix(std::max<std::size_t>(length, 1));
    if (length == 0) {
        piece_ += ' ';
        return;
    }
    if (const auto route = text[0] == '<' ? route_length(text.substr(1)) : 0; route > 0) {
        route_ = text.substr(1, route - 1);
        piece_.append("<").append(route_mark);
        text.remove_prefix(1 + route);
    }
    piece_ += disguise(text);
}

void List::take_separator() {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    if (c == ':' && !in_group_) return start_group();
    if (c == ':') {
        piece_ += ' ';
        return;
    }
    finish_address();
    if (c == ';' && in_group_) end_group();
}

void List::finish_address() {
    if (const auto text = trim(piece_); !text.empty() && piece_.size() <= address_length_max) {
        const GObjectPtr<InternetAddressList> list(internet_address_list_parse(nullptr, piece_.c_str()));
        const auto before = addresses_.size();
        if (list) add(list.get());
        if (addresses_.size() == before)
            if (auto salvaged = salvage(text)) addresses_.push_back(std::move(*salvaged));
    }
    piece_.clear();
    route_.clear();
}

void List::add(InternetAddressList* list) {
    const int count = internet_address_list_length(list);
    for (int i = 0; i < count; ++i) {
        auto* item = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_MAILBOX(item)) addresses_.push_back(to_address(INTERNET_ADDRESS_MAILBOX(item), route_));
    }
}

// What came before the colon is the group's name.
void List::start_group() {
    Address start;
    start.mailbox = "";
    if (piece_.size() <= address_length_max) {
        const GObjectPtr<InternetAddressList> list(internet_address_list_parse(nullptr, (piece_ + ":;").c_str()));
        if (list && internet_address_list_length(list.get()) == 1)
            start.mailbox =
                reveal(text_or_empty(internet_address_get_name(internet_address_list_get_address(list.get(), 0))));
    }
    addresses_.push_back(std::move(start));
    piece_.clear();
    route_.clear();
    in_group_ = true;
}

void List::end_group() {
    addresses_.emplace_back();
    in_group_ = false;
}

} // namespace

std::vector<Address> parse_addresses(std::string_view unfolded) {
    ensure_gmime();
    if (unfolded.size() > address_bytes_max) {
        unfolded = unfolded.substr(0, address_bytes_max);
        unfolded = unfolded.substr(0, unfolded.rfind(','));
    }
    return List(unfolded).run();
}

std::optional<std::string> canonical_addresses(std::string_view unfolded) {
    // Comments and quoted pairs, and blanks where an address has none.
    const bool is_odd = unfolded.find_first_of("(\\") != std::string_view::npos ||
                        unfolded.find(" @") != std::string_view::npos || unfolded.find("@ ") != std::string_view::npos;
    if (!is_odd) return std::nullopt;
    std::string text;
    for (const auto& address : parse_addresses(unfolded)) {
        if (!address.host) continue; // the start or end of a group, whose name the field shows
        if (!text.empty()) text += ", ";
        if (address.name) text += *address.name + ' ';
        text += '<' + address.mailbox.value_or("") + '@' + *address.host + '>';
    }
    return text;
}

} // namespace hearth::mail
