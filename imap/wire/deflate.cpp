// SPDX-License-Identifier: Apache-2.0
#include "wire/deflate.hpp"

#include "base/ensure.hpp"
#include "base/text.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <malloc.h>
#include <zlib.h>

namespace hearth::imap {
namespace {

constexpr int raw_window = -15; // no zlib header (RFC 4978 section 4), 32 KiB of history
constexpr int memory_level = 8; // zlib's own default
constexpr std::size_t input_bytes = 8 * 1024;

void* allocate(void*, unsigned count, unsigned size) {
    return std::calloc(count, size);
}

void wipe_and_free(void*, void* memory) {
    if (memory == nullptr) return;
    ::explicit_bzero(memory, ::malloc_usable_size(memory));
    std::free(memory);
}

Bytef* bytes_of(const char* text) {
    return reinterpret_cast<Bytef*>(const_cast<char*>(text)); // zlib's interface is older than const
}

z_stream fresh_stream() {
    z_stream stream{};
    stream.zalloc = allocate;
    stream.zfree = wipe_and_free;
    return stream;
}

} // namespace

struct Deflater::State {
    z_stream stream = fresh_stream();
    bool open = false;
    std::string out;

    ~State() {
        if (open) ::deflateEnd(&stream);
        wipe(out);
    }
};

Deflater::Deflater(std::unique_ptr<State> state) : state_(std::move(state)) {}
Deflater::~Deflater() = default;

std::unique_ptr<Deflater> Deflater::make() {
    auto state = std::make_unique<State>();
    state->open = ::deflateInit2(&state->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw_window, memory_level,
                      Z_DEFAULT_STRATEGY) == Z_OK;
    if (!state->open) return nullptr;
    return std::unique_ptr<Deflater>(new Deflater(std::move(state)));
}

std::string_view Deflater::compress(std::string_view bytes) {
    auto& stream = state_->stream;
    auto& out = state_->out;
    std::size_t filled = 0;
    out.resize(::deflateBound(&stream, bytes.size()) + 16); // and the end of a flush
    stream.next_in = bytes_of(bytes.data());
    stream.avail_in = static_cast<unsigned>(bytes.size());
    do {
        if (filled == out.size()) out.resize(out.size() * 2);
        stream.next_out = bytes_of(out.data() + filled);
        stream.avail_out = static_cast<unsigned>(out.size() - filled);
        const int result = ::deflate(&stream, Z_SYNC_FLUSH);
        ensure(result == Z_OK || result == Z_BUF_ERROR, "deflate can't fail");
        filled = out.size() - stream.avail_out;
    } while (stream.avail_in > 0 || stream.avail_out == 0);
    return std::string_view(out).substr(0, filled);
}

struct Inflater::State {
    z_stream stream = fresh_stream();
    bool open = false;
    bool output_was_full = false;
    std::array<char, input_bytes> input{};

    ~State() {
        if (open) ::inflateEnd(&stream);
        ::explicit_bzero(input.data(), input.size());
    }
};

Inflater::Inflater(std::unique_ptr<State> state) : state_(std::move(state)) {}
Inflater::~Inflater() = default;

std::unique_ptr<Inflater> Inflater::make() {
    auto state = std::make_unique<State>();
    state->open = ::inflateInit2(&state->stream, raw_window) == Z_OK;
    if (!state->open) return nullptr;
    return std::unique_ptr<Inflater>(new Inflater(std::move(state)));
}

std::span<char> Inflater::room() {
    ensure(state_->stream.avail_in == 0, "compressed input is still to be read");
    return state_->input;
}

void Inflater::commit(std::size_t size) {
    ensure(size <= input_bytes, "more committed than there was room");
    state_->stream.next_in = bytes_of(state_->input.data());
    state_->stream.avail_in = static_cast<unsigned>(size);
}

bool Inflater::has_more() const {
    return state_->stream.avail_in > 0 || state_->output_was_full;
}

Result<std::size_t> Inflater::inflate(std::span<char> out) {
    if (out.empty() || !has_more()) return std::size_t{0};
    auto& stream = state_->stream;
    const auto size = static_cast<unsigned>(std::min<std::size_t>(out.size(), std::numeric_limits<unsigned>::max()));
    stream.next_out = bytes_of(out.data());
    stream.avail_out = size;
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    state_->output_was_full = stream.avail_out == 0;
    const std::size_t made = size - stream.avail_out;
    // What came before the fault is good; the fault is told at the next call.
    if (result != Z_OK && result != Z_BUF_ERROR && made == 0) return error_code(EPROTO, boost::system::system_category());
    return made;
}

} // namespace hearth::imap
