// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/uidvalidity.hpp"

#include "store/maildir/disk.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <string>

namespace hearth::store {
namespace {

constexpr const char* counter_name = "dovecot-uidvalidity";
constexpr std::uint32_t highest = 0xfffffffe;

std::string digits(std::uint32_t value) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", value);
    return text;
}

// What is counted twice is known to whichever is higher; a directory that can't be written keeps what it has.
void move_counter(int control_root, std::uint32_t from, std::uint32_t to) {
    const auto base = std::string(counter_name) + ".";
    if (from == 0 || !rename_new(control_root, base + digits(from), control_root, base + digits(to)))
        static_cast<void>(UniqueFd(::openat(
            control_root, (base + digits(to)).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444)));
    static_cast<void>(replace_file(control_root, counter_name, digits(to), 0600));
}

} // namespace

std::uint32_t next_uidvalidity(int control_root, std::uint32_t used) {
    std::uint32_t counter = 0;
    if (const auto text = read_file(control_root, counter_name, 64))
        std::from_chars(text->data(), text->data() + text->size(), counter, 16);
    const auto now = static_cast<std::uint32_t>(::time(nullptr));
    const auto next = std::max({now, std::min(used, highest - 1) + 1, std::min(counter, highest - 1) + 1});
    move_counter(control_root, counter, next);
    return next;
}

} // namespace hearth::store
