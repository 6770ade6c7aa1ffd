// SPDX-License-Identifier: Apache-2.0
#include "compressible_connection.hpp"

#include "base/text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace hearth::imap {
namespace {

/// What is compressed at a stretch: bounds the memory for the result.
constexpr std::size_t compressed_at_once = 64 * 1024;

/// Little input may become a thousand times as much: after so many bytes others get their turn (about 4 ms).
constexpr std::size_t uncompressed_in_a_row_max = 1024 * 1024;

} // namespace

bool CompressibleConnection::start_compression() {
    auto deflater = Deflater::make();
    auto inflater = Inflater::make();
    if (!deflater || !inflater) return false;
    deflater_ = std::move(deflater);
    inflater_ = std::move(inflater);
    next_write_is_plain_ = true;
    return true;
}

// Until COMPRESS these three cost nothing: they hand on the other's awaitable.
asio::awaitable<Result<std::size_t>> CompressibleConnection::read_some(std::span<char> out) {
    return inflater_ ? read_compressed(out) : plain_.read_some(out);
}

asio::awaitable<Result<std::size_t>> CompressibleConnection::read_compressed(std::span<char> out) {
    if (ahead_ && !out.empty()) {
        out.front() = *std::exchange(ahead_, std::nullopt);
        co_return std::size_t{1};
    }
    if (in_a_row_ > uncompressed_in_a_row_max) {
        in_a_row_ = 0;
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
    for (;;) {
        const auto made = inflater_->inflate(out);
        if (made) in_a_row_ += *made;
        if (!made || *made > 0) co_return made;
        const auto got = co_await plain_.read_some(inflater_->room());
        if (!got) co_return got;
        inflater_->commit(*got);
    }
}

asio::awaitable<Result<void>> CompressibleConnection::write(std::string_view bytes) {
    if (!deflater_ || std::exchange(next_write_is_plain_, false)) {
        const auto written = co_await plain_.write(bytes);
        co_return written;
    }
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, compressed_at_once);
        bytes.remove_prefix(piece.size());
        const auto written = co_await plain_.write(deflater_->compress(piece));
        if (!written) co_return written;
    }
    co_return Result<void>();
}

asio::awaitable<Wake> CompressibleConnection::wait(int watch, std::chrono::milliseconds timeout) {
    if (inflater_ && !ahead_ && inflater_->has_more()) {
        char next = 0;
        const auto made = inflater_->inflate({&next, 1});
        if (!made) co_return Wake::input; // reading tells what is wrong
        if (*made > 0) ahead_ = next;
    }
    if (ahead_) co_return Wake::input;
    co_return co_await plain_.wait(watch, timeout);
}

std::string CompressibleConnection::last_bytes(std::string bytes) {
    if (!deflater_ || next_write_is_plain_ || bytes.empty()) return bytes;
    std::string compressed(deflater_->compress(bytes));
    wipe(bytes);
    return compressed;
}

} // namespace hearth::imap
