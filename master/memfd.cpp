// SPDX-License-Identifier: Apache-2.0
#include "memfd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace hearth::master {

Result<UniqueFd> make_sealed(const char* name, std::string_view content) {
    UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return last_error();
    while (!content.empty()) {
        const auto written = ::write(fd.get(), content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return last_error();
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::lseek(fd.get(), 0, SEEK_SET) != 0) return last_error();
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) return last_error();
    return fd;
}

} // namespace hearth::master
