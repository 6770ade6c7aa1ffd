// SPDX-License-Identifier: Apache-2.0
#include "statistics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace hearth::imap {
namespace {

struct Variable {
    std::string_view name; // what stands after "%"
    std::uint64_t Statistics::*value;
};

constexpr Variable variables[] = {
    {"i", &Statistics::bytes_in},
    {"o", &Statistics::bytes_out},
    {"{input}", &Statistics::bytes_in},
    {"{output}", &Statistics::bytes_out},
    {"{deleted}", &Statistics::deleted},
    {"{expunged}", &Statistics::expunged},
    {"{trashed}", &Statistics::trashed},
    {"{fetch_hdr_count}", &Statistics::header_count},
    {"{fetch_hdr_bytes}", &Statistics::header_bytes},
    {"{fetch_body_count}", &Statistics::body_count},
    {"{fetch_body_bytes}", &Statistics::body_bytes},
};

void append_value(std::string& out, std::uint64_t value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

} // namespace

std::string Statistics::text(std::string_view format) const {
    std::string out;
    out.reserve(format.size() + 16);
    while (!format.empty()) {
        const auto percent = std::min(format.find('%'), format.size());
        out += format.substr(0, percent);
        format.remove_prefix(percent);
        if (format.empty()) break;
        format.remove_prefix(1);
        const auto* found = std::find_if(
            std::begin(variables), std::end(variables), [&](const auto& v) { return format.starts_with(v.name); });
        if (found != std::end(variables)) {
            append_value(out, this->*found->value);
            format.remove_prefix(found->name.size());
        } else {
            out += '%';
            if (format.starts_with('%')) format.remove_prefix(1);
        }
    }
    return out;
}

} // namespace hearth::imap
