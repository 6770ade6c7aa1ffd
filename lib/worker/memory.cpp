// SPDX-License-Identifier: Apache-2.0
#include "worker/memory.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace hearth::worker {
namespace {

using Text = std::array<char, 4096>; // either file is below half of it

std::string_view read(const char* path, Text& into) {
    const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
    const auto size = fd ? ::read(fd.get(), into.data(), into.size()) : -1;
    return {into.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

} // namespace

std::uint32_t kib_of(std::string_view text, std::string_view key) {
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
        if ((at != 0 && text[at - 1] != '\n') || !text.substr(at + key.size()).starts_with(':')) continue;
        const auto begin = text.find_first_not_of(" \t", at + key.size() + 1);
        if (begin == std::string_view::npos) return 0;
        const auto number = parse_u64(text.substr(begin, text.find_first_not_of("0123456789", begin) - begin));
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(number.value_or(0), UINT32_MAX));
    }
    return 0;
}

std::uint32_t private_memory_kib() {
    Text text;
    const auto pages = read("/proc/self/smaps_rollup", text);
    const auto kib = kib_of(pages, "Private_Dirty") + kib_of(pages, "Swap");
    if (kib == 0) return 0;
    return kib + kib_of(read("/proc/self/status", text), "VmPTE");
}

} // namespace hearth::worker
