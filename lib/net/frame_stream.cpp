// SPDX-License-Identifier: Apache-2.0
#include "net/frame_stream.hpp"
#include "base/text.hpp"
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <utility>

namespace hearth::net {
namespace {

constexpr std::uint32_t with_descriptor = 0x80000000;
constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t waiting_fds_max = 64; // descriptors that came before their frames were read

std::uint32_t word_at(const std::string& bytes) {
    std::uint32_t word = 0;
    for (int i = 0; i < 4; ++i) word = (word << 8) | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    return word;
}

void append_frame(std::string& out, std::string_view bytes, bool has_descriptor) {
    const auto word = static_cast<std::uint32_t>(bytes.size()) | (has_descriptor ? with_descriptor : 0);
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<unsigned char>(word >> shift));
    out += bytes;
}

Result<Received> nothing_there() {
    return error_code(EAGAIN, boost::system::system_category());
}

error_code protocol_error() {
    return {EPROTO, boost::system::system_category()};
}

} // namespace

FrameStream::FrameStream(boost::asio::any_io_executor executor, UniqueFd socket)
    : socket_(std::move(executor), socket.release()) {}

FrameStream::~FrameStream() {
    *alive_ = false;
    wipe(input_);
    for (auto& frame : output_) wipe(frame.bytes);
}

boost::asio::awaitable<Result<Frame>> FrameStream::read() {
    for (;;) {
        if (input_.size() >= 4) {
            const auto word = word_at(input_);
            const std::size_t size = word & ~with_descriptor;
            if (size > protocol::frame_bytes_max) co_return protocol_error();
            if (input_.size() >= 4 + size) {
                Frame frame;
                frame.bytes = input_.substr(4, size);
                take_off(4 + size);
                if ((word & with_descriptor) != 0) {
                    if (input_fds_.empty()) co_return protocol_error();
                    frame.fd = std::move(input_fds_.front());
                    input_fds_.pop_front();
                }
                co_return frame;
            }
        }
        if (!socket_.is_open()) co_return error_code(boost::asio::error::eof);
        auto received = drained_ ? nothing_there() : receive_message(socket_.native_handle(), read_bytes);
        drained_ = false;
        if (!received) {
            if (received.error().value() != EAGAIN) co_return received.error();
            const auto [error] = co_await socket_.async_wait(
                boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
            if (error) co_return error;
            continue;
        }
        if (received->truncated) co_return protocol_error();
        if (received->bytes.empty()) co_return error_code(boost::asio::error::eof);
        drained_ = received->bytes.size() < read_bytes;
        append(received->bytes);
        wipe(received->bytes);
        for (auto& fd : received->fds) input_fds_.push_back(std::move(fd));
        if (input_fds_.size() > waiting_fds_max) co_return protocol_error();
    }
}

// Passwords come in frames: no copy of one stays behind in memory that is given back or not used any more.
void FrameStream::append(std::string_view bytes) {
    if (input_.size() + bytes.size() > input_.capacity()) { // or it would move, and leave the old bytes where they were
        std::string roomier;
        roomier.reserve(std::max(2 * input_.capacity(), input_.size() + bytes.size()));
        roomier = input_;
        wipe(input_);
        input_ = std::move(roomier);
    }
    input_ += bytes;
}

void FrameStream::take_off(std::size_t size) {
    const auto rest = input_.size() - size;
    std::memmove(input_.data(), input_.data() + size, rest);
    ::explicit_bzero(input_.data() + rest, size);
    input_.resize(rest);
}

void FrameStream::send(std::string bytes, UniqueFd fd) {
    if (!socket_.is_open()) return;
    // A descriptor travels with its frame's first byte, so what waited goes before it on its own.
    if (fd && !later_.empty()) push(std::exchange(later_, {}), UniqueFd());
    std::string framed;
    framed.reserve(later_.size() + bytes.size() + 4);
    framed += std::exchange(later_, {});
    append_frame(framed, bytes, static_cast<bool>(fd));
    wipe(bytes);
    later_count_ = 0;
    push(std::move(framed), std::move(fd));
    if (waiting_) {
        if (output_bytes_ > queue_bytes_max) close();
    } else if (!flush()) {
        wait_for_room();
    }
}

void FrameStream::send_later(std::string bytes) {
    if (!socket_.is_open()) return;
    if (++later_count_ == later_max) return send(std::move(bytes));
    append_frame(later_, bytes, false);
}

void FrameStream::push(std::string framed, UniqueFd fd) {
    output_bytes_ += framed.size();
    output_.push_back(Outgoing{std::move(framed), 0, std::move(fd)});
}

// Sends until all is sent (true) or the socket is full (false). A broken connection counts as all sent: it is closed.
bool FrameStream::flush() {
    while (!output_.empty()) {
        auto& next = output_.front();
        const int fd = next.fd.get();
        const bool first = next.sent == 0 && fd >= 0;
        const auto sent = send_message(socket_.native_handle(), std::string_view(next.bytes).substr(next.sent),
            first ? std::span<const int>(&fd, 1) : std::span<const int>());
        if (!sent) {
            if (sent.error().value() == EAGAIN) return false;
            close();
            return true;
        }
        next.fd.reset();
        next.sent += *sent;
        output_bytes_ -= *sent;
        if (next.sent < next.bytes.size()) continue;
        wipe(next.bytes);
        output_.pop_front();
    }
    return true;
}

void FrameStream::wait_for_room() {
    waiting_ = true;
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [this, alive = alive_](error_code error) {
        if (!*alive) return;
        waiting_ = false;
        if (!error && socket_.is_open() && !flush()) wait_for_room();
    });
}

void FrameStream::close() {
    error_code ignored;
    socket_.close(ignored);
    for (auto& frame : output_) wipe(frame.bytes);
    output_.clear();
    output_bytes_ = 0;
}

} // namespace hearth::net
