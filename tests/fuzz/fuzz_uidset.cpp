// link: hearth_mail
// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "mail/uid_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto set = hearth::mail::NumberSet::parse({reinterpret_cast<const char*>(data), size});
    if (!set) return 0;
    for (const std::uint32_t largest : {0U, 1U, 77U, 0xfffffffeU}) {
        std::uint64_t last = 0;
        for (const auto range : set->resolve(largest)) {
            hearth::ensure(range.first <= range.last && (last == 0 || range.first > last + 1), "sorted and merged");
            last = range.last;
            hearth::ensure(range.first == 0 || set->contains(range.first, largest), "its own numbers are in it");
        }
    }
    return 0;
}
