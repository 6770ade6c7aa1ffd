// SPDX-License-Identifier: Apache-2.0
// Reading the bytes of a message as clients see them: with CRLF line ends, decompressed if need be.
#pragma once

#include "base/result.hpp"
#include "store/maildir/decoder.hpp"
#include "store/slice.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::store {

/// An open message file. Reading goes forward: a range behind the last one continues where that ended, one before it
/// begins anew. So a client that fetches a large message in pieces costs one pass.
class MessageFile {
public:
    /// The largest message that is read at all, counted with CRLF line ends: neither file nor what it unpacks to may be
    /// larger.
    static constexpr std::uint64_t bytes_max = std::uint64_t{256} << 20;

    /// Opens `name` below `directory` ("cur/..."). Kernel errors as they are (ENOENT: it has another name by now).
    /// Error::unsupported: encrypted, or packed in a way that isn't read; `reason`, if given, says which.
    static Result<MessageFile> open(int directory, const std::string& name, std::string* reason = nullptr);

    /// A file of so many bytes at most is read in a few milliseconds.
    static constexpr std::uint64_t read_at_once = std::uint64_t{1} << 20;

    /// open() and read() in one go, for who reads many: fewer steps. Error::unfinished: it is packed, or larger than
    /// read_at_once, and has to be read in slices.
    static Result<std::string> read_whole(int directory, const std::string& name);

    /// The whole message. Error::too_big above bytes_max, Error::corrupt when packed bytes are damaged or cut off.
    Result<std::string> read();
    /// The same in slices of two blocks at least, so that a short message takes one: nothing until all of it has been read.
    /// read() of a range in between begins it anew.
    Result<std::optional<std::string>> read_on(const Slice& slice);
    /// The bytes [offset, offset + count), fewer at the end of the message.
    Result<std::string> read(std::uint64_t offset, std::uint64_t count);
    /// RFC822.SIZE: reads to the end if nobody has yet; in slices, so there is nothing until that is done.
    Result<std::optional<std::uint64_t>> virtual_size(const Slice& slice);
    /// The first bytes up to and with the empty line that ends the header (all of it if there is none), at most
    /// `count_max`; nothing beyond is read.
    Result<std::string> header(std::size_t count_max);
    /// Its time: the internal date, seconds since 1970.
    [[nodiscard]] std::int64_t internal_date() const { return internal_date_; }
    /// Bytes of the file.
    [[nodiscard]] std::uint64_t stored_size() const { return stored_size_; }

private:
    MessageFile() = default;
    Result<void> rewind();
    Result<std::size_t> next_block();
    [[nodiscard]] std::uint64_t block_end() const { return block_begin_ + block_.size(); }

    std::unique_ptr<Decoder> decoder_;
    std::int64_t internal_date_ = 0;
    std::uint64_t stored_size_ = 0;
    std::optional<std::uint64_t> virtual_size_;
    std::string block_;  // some bytes with CRLF line ends, from block_begin_ on
    std::string stored_; // the same bytes before; kept for its memory
    std::uint64_t block_begin_ = 0;
    std::string whole_; // read_on()'s, as far as it has come
    bool last_cr_ = false; // the stored byte before the next block is a CR
};

} // namespace hearth::store
