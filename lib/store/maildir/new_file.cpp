// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/new_file.hpp"

#include "base/random.hpp"
#include "store/maildir/decoder.hpp"
#include "store/maildir/disk.hpp"
#include "store/maildir/file_name.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace hearth::store {
namespace {

namespace errc = boost::system::errc;

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr int name_tries = 3; // a name that somebody has is a freak already
constexpr std::int64_t leftover_after = std::int64_t{36} * 3600;
constexpr std::size_t leftovers_max = 1000;

// The host as Dovecot writes it into names: '/' and ':' would end a name or its base; a comma begins the sizes.
std::string host_in_names() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    std::string host;
    for (const char* c = name.data(); *c != '\0' && host.size() < 64; ++c)
        host += *c == '/' ? "\\057" : *c == ':' ? "\\072" : *c == ',' ? "\\054" : *c <= ' ' ? "_" : std::string(1, *c);
    return host;
}

// Microseconds since 1970, above all that this process got before.
std::int64_t rising_clock() {
    static std::int64_t last = 0;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return last = std::max(last + 1, now.tv_sec * std::int64_t{1000000} + now.tv_nsec / 1000);
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

// What does something in tmp/, which may have to be made first. ENOENT with tmp/ there is of something else: of the file
// that was to be linked, for instance.
template <class Call>
int in_tmp(int maildir, const Call& call) {
    const int result = call();
    if (result >= 0 || errno != ENOENT) return result;
    if (::mkdirat(maildir, "tmp", 0700) == 0) return call();
    if (errno == EEXIST) errno = ENOENT;
    return -1;
}

Result<UniqueFd> create_temporary(int maildir, const std::string& path) {
    UniqueFd fd(in_tmp(maildir, [&] {
        return ::openat(maildir, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }));
    if (!fd) return last_error();
    return fd;
}

// Copies the file as it is, with its time, durably.
Result<void> copy_bytes(int from, int to) {
    std::string block(256 * 1024, '\0');
    for (;;) {
        const auto count = ::read(from, block.data(), block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        if (count == 0) break;
        if (auto done = write_all(to, {block.data(), static_cast<std::size_t>(count)}); !done) return done;
    }
    struct stat status {};
    if (::fstat(from, &status) != 0) return last_error();
    const timespec times[2] = {status.st_atim, status.st_mtim};
    if (::futimens(to, times) != 0 || ::fsync(to) != 0) return last_error();
    return {};
}

bool needs_copy(int error) {
    return error == EXDEV || error == EMLINK || error == EPERM || error == EACCES || error == ENOTSUP ||
           error == ENOSYS;
}

} // namespace

std::string unique_base() {
    const auto now = rising_clock();
    std::array<std::byte, 4> random{};
    fill_random(random);
    char text[96];
    std::snprintf(text, sizeof text, "%lld.M%lldP%dR%02x%02x%02x%02x.", static_cast<long long>(now / 1000000),
        static_cast<long long>(now % 1000000), ::getpid(), static_cast<unsigned>(random[0]),
        static_cast<unsigned>(random[1]), static_cast<unsigned>(random[2]), static_cast<unsigned>(random[3]));
    return text + host_in_names();
}

bool is_full(const error_code& error) {
    return error == errc::no_space_on_device || error == error_code(EDQUOT, boost::system::system_category());
}

Result<NewFile> NewFile::create(int maildir) {
    NewFile file(maildir, unique_base());
    auto fd = create_temporary(maildir, "tmp/" + file.unique_);
    if (!fd) return fd.error();
    file.temporary_ = file.unique_;
    file.fd_ = std::move(*fd);
    return file;
}

Result<NewFile> NewFile::take(
    int maildir, int from_maildir, const std::string& from, std::optional<std::uint64_t> virtual_size) {
    Stamp stamp;
    const auto source = open_file(from_maildir, from, &stamp);
    if (!source) return source.error();
    NewFile file(maildir, unique_base());
    const auto path = "tmp/" + file.unique_;
    // Whoever delivered it may not have waited for the disk, but the answer to COPY promises it. Before the link, which
    // would make the file new again.
    if (::fsync(source->get()) != 0 && errno != EINVAL) return last_error();
    const int linked =
        in_tmp(maildir, [&] { return ::linkat(from_maildir, from.c_str(), maildir, path.c_str(), 0); });
    if (linked != 0) {
        if (!needs_copy(errno)) return last_error();
        const auto copy = create_temporary(maildir, path);
        if (!copy) return copy.error();
        file.temporary_ = file.unique_; // removed from here on
        if (auto copied = copy_bytes(source->get(), copy->get()); !copied) return copied.error();
    }
    file.temporary_ = file.unique_;
    const auto name = parse_maildir_name(from);
    // Of a packed file, S= is its size unpacked (Dovecot's zlib plugin): then only its name knows it.
    file.size_ = name.size ? *name.size : stamp.size;
    if (!name.size) {
        const auto start = read_at(source->get(), 0, stored_form_bytes);
        file.size_in_name_ = start && stored_form(*start) == StoredForm::plain;
    }
    file.virtual_size_ = virtual_size ? virtual_size : name.virtual_size;
    return file;
}

NewFile::NewFile(NewFile&& other) noexcept
    : maildir_(other.maildir_),
      unique_(std::move(other.unique_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)),
      buffer_(std::move(other.buffer_)),
      held_cr_(other.held_cr_),
      stored_cr_(other.stored_cr_),
      size_in_name_(other.size_in_name_),
      size_(other.size_),
      virtual_size_(other.virtual_size_) {}

NewFile::~NewFile() {
    if (!temporary_.empty()) ::unlinkat(maildir_, temporary().c_str(), 0);
}

void NewFile::store(std::string_view text) {
    if (text.empty()) return;
    buffer_ += text;
    stored_cr_ = text.back() == '\r';
}

// Takes the CR out of each CRLF, unless another CR stands before it. A CR at the end waits for what follows.
void NewFile::convert(std::string_view bytes) {
    if (held_cr_ && !bytes.empty()) {
        held_cr_ = false;
        if (bytes[0] != '\n' || stored_cr_) store("\r");
    }
    for (auto feed = bytes.find('\n'); feed != std::string_view::npos; feed = bytes.find('\n')) {
        auto line = bytes.substr(0, feed);
        if (line.ends_with('\r') && !(line.size() > 1 ? line[line.size() - 2] == '\r' : stored_cr_))
            line.remove_suffix(1);
        store(line);
        if (!stored_cr_) ++*virtual_size_; // reading puts a CR before this LF
        store("\n");
        bytes.remove_prefix(feed + 1);
    }
    held_cr_ = bytes.ends_with('\r');
    if (held_cr_) bytes.remove_suffix(1);
    store(bytes);
}

Result<void> NewFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, buffer_bytes);
        convert(piece);
        bytes.remove_prefix(piece.size());
        if (buffer_.size() < buffer_bytes) continue;
        if (auto flushed = flush(); !flushed) return flushed;
    }
    return {};
}

Result<void> NewFile::flush() {
    auto done = write_all(fd_.get(), buffer_);
    if (!done) return done;
    size_ += buffer_.size();
    *virtual_size_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<void> NewFile::finish(std::int64_t internal_date) {
    if (std::exchange(held_cr_, false)) buffer_ += '\r';
    if (auto done = flush(); !done) return done;
    const timespec times[2] = {{0, UTIME_NOW}, {static_cast<time_t>(internal_date), 0}};
    if (::futimens(fd_.get(), times) != 0 || ::fsync(fd_.get()) != 0) return last_error();
    fd_.reset();
    buffer_ = {};
    return {};
}

std::string NewFile::base() const {
    auto name = unique_;
    if (size_in_name_) name += ",S=" + std::to_string(size_);
    if (virtual_size_) name += ",W=" + std::to_string(*virtual_size_);
    return name;
}

Result<std::string> NewFile::publish(std::string_view letters) {
    for (int tries = 1;; ++tries) {
        const auto name = base() + ":2," + std::string(letters);
        auto moved = rename_new(maildir_, temporary(), maildir_, "cur/" + name);
        if (moved) {
            temporary_.clear();
            return name;
        }
        if (moved.error() != errc::file_exists || tries == name_tries) return moved.error();
        unique_ = unique_base();
    }
}

void remove_leftovers(int maildir) {
    UniqueFd fd(::openat(maildir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) return;
    const auto close = [](DIR* directory) { ::closedir(directory); };
    const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(fd.get()), close);
    if (!stream) return;
    const int directory = fd.release();
    const auto oldest = ::time(nullptr) - leftover_after;
    for (std::size_t removed = 0; removed < leftovers_max;) {
        const auto* entry = ::readdir(stream.get());
        if (entry == nullptr) return;
        if (!is_message_name(entry->d_name)) continue;
        struct stat status {};
        // Its change time: an internal date in the past makes no file old.
        if (::fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode) ||
            status.st_ctim.tv_sec >= oldest)
            continue;
        ::unlinkat(directory, entry->d_name, 0);
        ++removed;
    }
}

} // namespace hearth::store
