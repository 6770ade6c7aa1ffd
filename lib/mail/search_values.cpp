// SPDX-License-Identifier: Apache-2.0
#include "mail/search_values.hpp"
#include "base/text.hpp"
#include "mail/addresses.hpp"
#include "mail/case_folding.hpp"
#include "mail/header_fields.hpp"

#include <algorithm>

namespace hearth::mail {
namespace {

bool holds_addresses(std::string_view name) {
    static constexpr std::string_view names[] = {"from", "to", "cc", "bcc"};
    return std::any_of(
        std::begin(names), std::end(names), [&](auto field) { return equal_ignoring_case(name, field); });
}

} // namespace

std::vector<std::string> search_values(std::string_view name, std::string_view value) {
    const auto text = unfold_for_search(value);
    std::vector<std::string> values{fold_case(decode_header_text(text))};
    if (!holds_addresses(name)) return values;
    if (const auto addresses = canonical_addresses(text)) values.push_back(fold_case(decode_header_text(*addresses)));
    return values;
}

} // namespace hearth::mail
