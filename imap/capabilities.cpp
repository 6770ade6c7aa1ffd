// SPDX-License-Identifier: Apache-2.0
#include "capabilities.hpp"
#include "context.hpp"

#include "imap/capability_words.hpp"

#include <fmt/format.h>

namespace hearth::imap {

std::string capability_list(std::string_view built_in, const Options& options, std::uint64_t message_bytes_max) {
    CapabilityWords list(built_in);
    if (message_bytes_max != 0) list.add(fmt::format("APPENDLIMIT={}", message_bytes_max));
    if (!options.jmap_url.empty()) list.add("JMAPACCESS");
    list.apply({.capability = options.capability, .literal_minus = options.literal_minus});
    return list.text();
}

std::string capabilities_of(const Context& context) {
    CapabilityWords list(
        context.info.capabilities.empty() ? built_in_capabilities() : std::string(context.info.capabilities));
    if (context.connection.is_compressed()) list.remove("COMPRESS=DEFLATE");
    return list.text();
}

} // namespace hearth::imap
