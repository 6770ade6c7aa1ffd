// SPDX-License-Identifier: Apache-2.0
#include "store/header_ids.hpp"

#include "mail/header_fields.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

constexpr std::size_t ids_max = 64;
constexpr std::size_t id_bytes_max = 1000;

// The ids of a field in the order in which they stand.
std::vector<std::string> ids_of(std::string_view header, std::string_view field_name) {
    std::vector<std::string> ids;
    const auto field = mail::find_field(header, field_name);
    if (!field) return ids;
    const auto value = mail::unfold(field->value);
    for (std::size_t at = value.find('<'); at != std::string::npos; at = value.find('<', at)) {
        const auto end = value.find('>', at);
        if (end == std::string::npos) break;
        auto id = value.substr(at + 1, end - at - 1);
        std::erase_if(id, [](char c) { return c == ' ' || c == '\t'; });
        if (!id.empty() && id.size() <= id_bytes_max) ids.push_back(std::move(id));
        at = end;
    }
    return ids;
}

} // namespace

std::vector<std::string> header_message_ids(std::string_view header) {
    std::vector<std::string> ids;
    const auto add = [&](std::string id) {
        if (ids.size() < ids_max && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
    };
    for (const auto* field : {"Message-ID", "In-Reply-To"})
        if (auto found = ids_of(header, field); !found.empty()) add(std::move(found.front()));
    auto references = ids_of(header, "References");
    std::reverse(references.begin(), references.end());
    for (auto& id : references)
        add(std::move(id));
    return ids;
}

} // namespace hearth::store
