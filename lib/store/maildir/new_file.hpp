// SPDX-License-Identifier: Apache-2.0
// A message on its way into a Maildir: written to tmp/, seen by nobody, then moved to cur/ under a name that nobody
// had.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::store {

/// A base name that no message had before: "<seconds>.M<microseconds>P<pid>R<random>.<host>", as Dovecot and the
/// Maildir custom make them. Rises within a process even when the clock is set back; the random part keeps names apart
/// where hosts and pids repeat (containers).
std::string unique_base();

/// A message file that isn't published yet. Removed when destroyed unpublished.
///
/// It is stored as Dovecot stores it (mail_save_crlf=no): CRLF becomes LF, a CR alone stays. "\\r\\r\\n" stays too, so
/// that reading with CRLF line ends gives back every byte.
class NewFile {
public:
    /// Creates `tmp/<unique>` in the Maildir `maildir`, which must stay open as long as this lives.
    static Result<NewFile> create(int maildir);
    /// Takes over the message `from` (path below `from_maildir`, "cur/..."), by hard link where the file system can
    /// (EXDEV, EMLINK, EPERM: a copy, with its time). `virtual_size` as far as it is known. Needs no finish(). ENOENT:
    /// it isn't (any longer) there.
    static Result<NewFile> take(
        int maildir, int from_maildir, const std::string& from, std::optional<std::uint64_t> virtual_size);

    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();

    /// The next bytes of the message. A failed write (see is_full) leaves a file that can only be thrown away.
    Result<void> write(std::string_view bytes);
    /// All is written: sets the file's time, the message's internal date (seconds since 1970), and waits until it is on
    /// disk. The descriptor is closed: many may wait finished for their publication.
    Result<void> finish(std::int64_t internal_date);

    /// Bytes of the file; after finish().
    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// Bytes with CRLF line ends (RFC822.SIZE); unknown only for one taken without it.
    [[nodiscard]] std::optional<std::uint64_t> virtual_size() const { return virtual_size_; }
    /// The name in the uidlist: the unique name with ",S=<size>,W=<virtual size>", as far as known. After finish();
    /// publish() may change it if somebody has it.
    [[nodiscard]] std::string base() const;

    /// Moves the file to cur/ with the flag letters `letters` (sorted, of file_name.hpp), without replacing anything.
    /// Gives its name in cur/. It is durable only when the caller has synced cur/ (sync_directory).
    Result<std::string> publish(std::string_view letters);

private:
    NewFile(int maildir, std::string unique) : maildir_(maildir), unique_(std::move(unique)) {}
    Result<void> flush();
    void convert(std::string_view bytes);
    void store(std::string_view text);
    [[nodiscard]] std::string temporary() const { return "tmp/" + temporary_; }

    int maildir_;
    std::string unique_;    // the base without sizes
    std::string temporary_; // name in tmp/; empty: published, or moved from
    UniqueFd fd_;
    std::string buffer_;     // converted, not written yet
    bool held_cr_ = false;   // the last byte was a CR; what follows says whether it is stored
    bool stored_cr_ = false; // the last byte stored is a CR
    bool size_in_name_ = true;
    std::uint64_t size_ = 0;
    std::optional<std::uint64_t> virtual_size_ = 0;
};

/// Whether an error says that the disk, or the user's quota of it, is full.
bool is_full(const error_code& error);

/// Removes files of tmp/ that nobody has touched for 36 hours (the Maildir custom), at most 1,000.
void remove_leftovers(int maildir);

} // namespace hearth::store
