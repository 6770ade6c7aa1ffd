// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/message_file.hpp"

#include "store/error.hpp"
#include "store/maildir/disk.hpp"

#include <algorithm>
#include <utility>

namespace hearth::store {
namespace {

// Appends `stored` with a CR before each LF that has none. `last_cr`: what came before ended with a CR.
void append_crlf(std::string& out, std::string_view stored, bool& last_cr) {
    while (!stored.empty()) {
        const auto feed = stored.find('\n');
        const auto line = stored.substr(0, feed);
        out += line;
        if (!line.empty()) last_cr = line.back() == '\r';
        if (feed == std::string_view::npos) return;
        out += last_cr ? "\n" : "\r\n";
        last_cr = false;
        stored.remove_prefix(feed + 1);
    }
}

// Where the header ends, behind its empty line; npos: not yet.
std::size_t header_end(std::string_view text, std::size_t looked_at) {
    if (text.starts_with("\r\n")) return 2;
    const auto at = text.find("\r\n\r\n", looked_at < 3 ? 0 : looked_at - 3);
    return at == std::string_view::npos ? at : at + 4;
}

} // namespace

Result<MessageFile> MessageFile::open(int directory, const std::string& name, std::string* reason) {
    Stamp stamp;
    auto fd = open_file(directory, name, &stamp);
    if (!fd) return fd.error();
    const auto start = read_at(fd->get(), 0, stored_form_bytes);
    if (!start) return start.error();
    const auto form = stored_form(*start);
    MessageFile file;
    file.decoder_ = make_decoder(form, std::move(*fd));
    if (!file.decoder_) {
        if (reason != nullptr) *reason = name_of(form);
        return Error::unsupported;
    }
    constexpr std::int64_t second = 1000000000;
    file.internal_date_ = stamp.modified / second - (stamp.modified % second < 0 ? 1 : 0);
    file.stored_size_ = stamp.size;
    return file;
}

Result<std::string> MessageFile::read_whole(int directory, const std::string& name) {
    Stamp stamp;
    auto fd = open_file(directory, name, &stamp);
    if (!fd) return fd.error();
    if (stamp.size > read_at_once) return Error::unfinished;
    const auto stored = read_at(fd->get(), 0, stamp.size);
    if (!stored) return stored.error();
    if (stored_form(*stored) != StoredForm::plain) return Error::unfinished;
    std::string text;
    text.reserve(stored->size() + stored->size() / 16);
    bool last_cr = false;
    append_crlf(text, *stored, last_cr);
    return text;
}

Result<void> MessageFile::rewind() {
    block_.clear();
    block_begin_ = 0;
    last_cr_ = false;
    return decoder_->rewind();
}

// Goes on to the next bytes and says how many they are; 0: it is the end.
Result<std::size_t> MessageFile::next_block() {
    stored_.clear();
    const auto more = decoder_->read(stored_);
    if (!more) return more.error();
    if (*more == 0) {
        virtual_size_ = block_end();
        return 0;
    }
    block_begin_ = block_end();
    block_.clear();
    append_crlf(block_, stored_, last_cr_);
    if (block_end() > bytes_max) return Error::too_big;
    return block_.size();
}

Result<std::string> MessageFile::read(std::uint64_t offset, std::uint64_t count) {
    if (offset < block_begin_)
        if (auto done = rewind(); !done) return done.error();
    std::string text;
    while (count > 0 && (!virtual_size_ || offset < *virtual_size_)) {
        if (offset >= block_end()) {
            const auto more = next_block();
            if (!more) return more.error();
            if (*more == 0) break;
            continue;
        }
        const auto piece = std::string_view(block_).substr(offset - block_begin_, count);
        text += piece;
        offset += piece.size();
        count -= piece.size();
    }
    return text;
}

Result<std::string> MessageFile::read() {
    auto text = read_on(Slice::unlimited());
    if (!text) return text.error();
    return std::move(**text);
}

Result<std::optional<std::string>> MessageFile::read_on(const Slice& slice) {
    if (whole_.empty() || block_end() != whole_.size()) {
        if (auto done = rewind(); !done) return done.error();
        whole_.clear();
        whole_.reserve(std::min<std::uint64_t>(stored_size_ + stored_size_ / 32, bytes_max));
    }
    for (bool first = true;; first = false) {
        const auto more = next_block();
        if (!more) return more.error();
        if (*more == 0) return std::optional(std::exchange(whole_, {}));
        whole_ += block_;
        if (!first && slice.is_over()) return std::optional<std::string>();
    }
}

Result<std::optional<std::uint64_t>> MessageFile::virtual_size(const Slice& slice) {
    for (bool first = true; !virtual_size_; first = false) {
        if (const auto more = next_block(); !more) return more.error();
        if (!first && !virtual_size_ && slice.is_over()) break;
    }
    return virtual_size_;
}

Result<std::string> MessageFile::header(std::size_t count_max) {
    if (auto done = rewind(); !done) return done.error();
    std::string text;
    while (text.size() < count_max) {
        const auto more = next_block();
        if (!more) return more.error();
        if (*more == 0) break;
        const auto looked_at = text.size();
        text += block_;
        const auto end = header_end(text, looked_at);
        if (end == std::string::npos) continue;
        text.resize(std::min(end, count_max));
        return text;
    }
    if (text.size() > count_max) text.resize(count_max);
    return text;
}

} // namespace hearth::store
