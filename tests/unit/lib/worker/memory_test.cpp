// SPDX-License-Identifier: Apache-2.0
#include "worker/memory.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <sys/mman.h>

using namespace hearth::worker;

TEST_CASE("a number is found behind its whole key at the beginning of a line") {
    constexpr std::string_view text = "XVmPTE:\t 9 kB\nVmPTEs:\t8 kB\nVmPTE:\t   120 kB\nSwap: 1 kB";
    CHECK(kib_of(text, "VmPTE") == 120);
    CHECK(kib_of(text, "Swap") == 1);
    CHECK(kib_of(text, "SwapPss") == 0);
    CHECK(kib_of("VmPTE:", "VmPTE") == 0);
    CHECK(kib_of("VmPTE: 99999999999 kB", "VmPTE") == UINT32_MAX);
    CHECK(kib_of("", "VmPTE") == 0);
}

TEST_CASE("private memory grows with what is written to, not with what is mapped") {
    constexpr std::size_t size = 8 * 1024 * 1024;
    auto* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    const auto before = private_memory_kib();
    CHECK(before > 0);
    std::memset(memory, 1, size);
    const auto after = private_memory_kib();
    CHECK(after >= before + 8 * 1024 - 512);
    CHECK(after <= before + 8 * 1024 + 512);
    ::munmap(memory, size);
}
