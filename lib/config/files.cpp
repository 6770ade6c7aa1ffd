// SPDX-License-Identifier: Apache-2.0
#include "config/files.hpp"

#include "base/unique_fd.hpp"

#include <algorithm>
#include <boost/system/errc.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::config {
namespace {

error_code too_large() {
    return make_error_code(boost::system::errc::file_too_large);
}

} // namespace

Result<std::string> DiskFiles::read(const std::string& path) const {
    // Non-blocking: a FIFO in conf.d must not hang the start.
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) return last_error();
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) return last_error();
    if (S_ISDIR(about.st_mode)) return make_error_code(boost::system::errc::is_a_directory);
    if (!S_ISREG(about.st_mode)) return make_error_code(boost::system::errc::invalid_argument);
    std::string text;
    for (;;) {
        char buffer[16 * 1024];
        const auto got = ::read(file.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return last_error();
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > file_bytes_max) return too_large();
    }
}

std::vector<std::string> DiskFiles::glob(const std::string& pattern) const {
    glob_t found{};
    std::vector<std::string> files;
    if (::glob(pattern.c_str(), GLOB_MARK | GLOB_NOSORT, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i)
            if (const std::string path = found.gl_pathv[i]; !path.ends_with('/')) files.push_back(path);
    ::globfree(&found);
    std::sort(files.begin(), files.end()); // by bytes, whatever the locale
    return files;
}

std::string DiskFiles::environment(const std::string& name) const {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? "" : value;
}

Result<std::string> MemoryFiles::read(const std::string& path) const {
    const auto file = files_.find(path);
    if (file == files_.end()) return make_error_code(boost::system::errc::no_such_file_or_directory);
    if (file->second.size() > file_bytes_max) return too_large();
    return file->second;
}

std::vector<std::string> MemoryFiles::glob(const std::string& pattern) const {
    std::vector<std::string> found;
    for (const auto& [path, text] : files_)
        if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0) found.push_back(path);
    return found;
}

std::string MemoryFiles::environment(const std::string& name) const {
    const auto variable = environment_.find(name);
    return variable == environment_.end() ? "" : variable->second;
}

} // namespace hearth::config
