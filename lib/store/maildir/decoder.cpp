// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/decoder.hpp"

#include "store/error.hpp"

#include <cerrno>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace hearth::store {
namespace {

constexpr std::size_t block_bytes = 64 * 1024;
constexpr int gzip_window = 15 + 16; // the largest, gzip header
// Of a zstd frame: 32 MiB, four times what its highest ordinary level uses. Larger ones are refused as damaged.
constexpr int zstd_window_log_max = 25;

// The file itself, block by block.
class FileBlocks {
public:
    explicit FileBlocks(UniqueFd fd) : fd_(std::move(fd)) {}
    /// Appends to `out`; 0 at the end.
    Result<std::size_t> read(std::string& out) {
        const auto before = out.size();
        out.resize(before + block_bytes);
        for (;;) {
            const auto count = ::pread(fd_.get(), out.data() + before, block_bytes, at_);
            if (count < 0 && errno == EINTR) continue;
            const auto error = count < 0 ? last_error() : error_code();
            out.resize(before + static_cast<std::size_t>(count < 0 ? 0 : count));
            if (error) return error;
            at_ += count;
            return static_cast<std::size_t>(count);
        }
    }
    void rewind() { at_ = 0; }

private:
    UniqueFd fd_;
    off_t at_ = 0;
};

class Plain final : public Decoder {
public:
    explicit Plain(UniqueFd fd) : file_(std::move(fd)) {}
    Result<std::size_t> read(std::string& out) override { return file_.read(out); }
    Result<void> rewind() override {
        file_.rewind();
        return {};
    }

private:
    FileBlocks file_;
};

// What gzip and zstd share: packed bytes that come from the file, and are used up piece by piece.
class Packed : public Decoder {
public:
    explicit Packed(UniqueFd fd) : file_(std::move(fd)) {}
    Result<std::size_t> read(std::string& out) override {
        for (;;) {
            if (used_ == input_.size()) {
                input_.clear();
                used_ = 0;
                const auto more = file_.read(input_);
                if (!more) return more.error();
                ended_ = *more == 0;
            }
            // The end is where a packed stream ends; else it is cut off.
            if (ended_ && between_streams_) return 0;
            const auto before = out.size(), used_before = used_;
            out.resize(before + block_bytes);
            const auto made = unpack(out.data() + before, block_bytes);
            out.resize(before + (made ? *made : 0));
            if (!made) return made.error();
            if (*made > 0 || (ended_ && between_streams_)) return made;
            if (used_ == used_before) return Error::corrupt; // cut off
        }
    }
    Result<void> rewind() override {
        file_.rewind();
        input_.clear();
        used_ = 0;
        ended_ = false;
        between_streams_ = true;
        restart();
        return {};
    }

protected:
    /// Unpacks some of `input_` from `used_` on; how many bytes came out. Sets `between_streams_`.
    virtual Result<std::size_t> unpack(char* out, std::size_t room) = 0;
    virtual void restart() = 0;

    std::string input_;
    std::size_t used_ = 0;
    bool between_streams_ = true;

private:
    FileBlocks file_;
    bool ended_ = false;
};

class Gzip final : public Packed {
public:
    explicit Gzip(UniqueFd fd) : Packed(std::move(fd)) { ready_ = ::inflateInit2(&state_, gzip_window) == Z_OK; }
    ~Gzip() override {
        if (ready_) ::inflateEnd(&state_);
    }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

private:
    Result<std::size_t> unpack(char* out, std::size_t room) override {
        if (!ready_) return error_code(ENOMEM, boost::system::system_category());
        state_.next_in = reinterpret_cast<unsigned char*>(input_.data() + used_);
        state_.avail_in = static_cast<unsigned>(input_.size() - used_);
        state_.next_out = reinterpret_cast<unsigned char*>(out);
        state_.avail_out = static_cast<unsigned>(room);
        const auto result = ::inflate(&state_, Z_NO_FLUSH);
        used_ = input_.size() - state_.avail_in;
        between_streams_ = result == Z_STREAM_END;
        if (result == Z_STREAM_END) ::inflateReset(&state_); // another member may follow (RFC 1952 section 2.2)
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return Error::corrupt;
        return room - state_.avail_out;
    }
    void restart() override {
        if (ready_) ::inflateReset(&state_);
    }

    z_stream state_{};
    bool ready_ = false;
};

struct FreeZstd {
    void operator()(ZSTD_DStream* stream) const { ::ZSTD_freeDStream(stream); }
};

class Zstd final : public Packed {
public:
    explicit Zstd(UniqueFd fd) : Packed(std::move(fd)), state_(::ZSTD_createDStream()) {
        if (state_) ::ZSTD_DCtx_setParameter(state_.get(), ZSTD_d_windowLogMax, zstd_window_log_max);
    }

private:
    Result<std::size_t> unpack(char* out, std::size_t room) override {
        if (!state_) return error_code(ENOMEM, boost::system::system_category());
        ZSTD_inBuffer in{input_.data(), input_.size(), used_};
        ZSTD_outBuffer made{out, room, 0};
        const auto result = ::ZSTD_decompressStream(state_.get(), &made, &in);
        used_ = in.pos;
        if (::ZSTD_isError(result) != 0) return Error::corrupt;
        between_streams_ = result == 0;
        return made.pos;
    }
    void restart() override {
        if (state_) ::ZSTD_DCtx_reset(state_.get(), ZSTD_reset_session_only);
    }

    std::unique_ptr<ZSTD_DStream, FreeZstd> state_;
};

} // namespace

StoredForm stored_form(std::string_view start) {
    using namespace std::string_view_literals;
    constexpr std::pair<std::string_view, StoredForm> magics[] = {
        {"\x1f\x8b\x08"sv, StoredForm::gzip},
        {"\x28\xb5\x2f\xfd"sv, StoredForm::zstd},
        {"\xfd\x37zXZ\0"sv, StoredForm::xz},
        {"Dovecot-LZ4\x0d\x2a\x9b\xc5"sv, StoredForm::lz4},
        {"CRYPTED\x03\x07"sv, StoredForm::encrypted},
    };
    for (const auto& [magic, form] : magics)
        if (start.starts_with(magic)) return form;
    if (start.starts_with("BZh") && start.size() >= 10 && start.substr(4, 6) == "\x31\x41\x59\x26\x53\x59")
        return StoredForm::bzip2;
    return StoredForm::plain;
}

std::string_view name_of(StoredForm form) {
    switch (form) {
    case StoredForm::plain: return "plain";
    case StoredForm::gzip: return "gzip";
    case StoredForm::zstd: return "zstd";
    case StoredForm::bzip2: return "packed with bzip2";
    case StoredForm::xz: return "packed with xz";
    case StoredForm::lz4: return "packed with lz4";
    case StoredForm::encrypted: return "encrypted (Dovecot mail-crypt)";
    }
    return "unknown";
}

std::unique_ptr<Decoder> make_decoder(StoredForm form, UniqueFd fd) {
    switch (form) {
    case StoredForm::plain: return std::make_unique<Plain>(std::move(fd));
    case StoredForm::gzip: return std::make_unique<Gzip>(std::move(fd));
    case StoredForm::zstd: return std::make_unique<Zstd>(std::move(fd));
    default: return nullptr;
    }
}

} // namespace hearth::store
