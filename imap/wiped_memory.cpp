// SPDX-License-Identifier: Apache-2.0
// What a worker gives back to the allocator is overwritten first, so that nothing of a session is left in its memory but
// what caches hold on purpose: commands, replies, pieces of mail pass through hundreds of short-lived strings, and wiping
// them one by one would be forgotten somewhere. Costs about a nanosecond per 30 bytes. A sanitizer brings its own
// operators.
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

void wipe_and_free(void* memory) noexcept {
    if (memory == nullptr) return;
    ::explicit_bzero(memory, ::malloc_usable_size(memory));
    std::free(memory);
}

} // namespace

void operator delete(void* memory) noexcept {
    wipe_and_free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    wipe_and_free(memory);
}

void operator delete[](void* memory) noexcept {
    wipe_and_free(memory);
}

void operator delete[](void* memory, std::size_t) noexcept {
    wipe_and_free(memory);
}

#endif
