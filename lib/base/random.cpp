// SPDX-License-Identifier: Apache-2.0
#include "base/random.hpp"
#include "base/ensure.hpp"

#include <cerrno>
#include <sys/random.h>

namespace hearth {

void fill_random(std::span<std::byte> out) {
    while (!out.empty()) {
        const auto got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        ensure(got > 0, "getrandom failed");
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    fill_random(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

} // namespace hearth
