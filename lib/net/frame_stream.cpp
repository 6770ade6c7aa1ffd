// SPDX-License-Identifier: Apache-2.0
#include "net/frame_stream.hpp"
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

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

error_code protocol_error() {
    return {EPROTO, boost::system::system_category()};
}

} // namespace

FrameStream::FrameStream(boost::asio::any_io_executor executor, UniqueFd socket)
    : socket_(std::move(executor), socket.release()) {}

FrameStream::~FrameStream() {
    *alive_ = false;
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
                input_.erase(0, 4 + size);
                if ((word & with_descriptor) != 0) {
                    if (input_fds_.empty()) co_return protocol_error();
                    frame.fd = std::move(input_fds_.front());
                    input_fds_.pop_front();
                }
                co_return frame;
            }
        }
        if (!socket_.is_open()) co_return error_code(boost::asio::error::eof);
        auto received = receive_message(socket_.native_handle(), read_bytes);
        if (!received) {
            if (received.error().value() != EAGAIN) co_return received.error();
            const auto [error] = co_await socket_.async_wait(
                boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
            if (error) co_return error;
            continue;
        }
        if (received->truncated) co_return protocol_error();
        if (received->bytes.empty()) co_return error_code(boost::asio::error::eof);
        input_ += received->bytes;
        for (auto& fd : received->fds) input_fds_.push_back(std::move(fd));
        if (input_fds_.size() > waiting_fds_max) co_return protocol_error();
    }
}

void FrameStream::send(std::string bytes, UniqueFd fd) {
    if (!socket_.is_open()) return;
    const auto word = static_cast<std::uint32_t>(bytes.size()) | (fd ? with_descriptor : 0);
    std::string framed;
    framed.reserve(bytes.size() + 4);
    for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(static_cast<unsigned char>(word >> shift));
    framed += bytes;
    output_bytes_ += framed.size();
    output_.push_back(Outgoing{std::move(framed), 0, std::move(fd)});
    if (waiting_) {
        if (output_bytes_ > queue_bytes_max) close();
    } else if (!flush()) {
        wait_for_room();
    }
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
        if (next.sent == next.bytes.size()) output_.pop_front();
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
    output_.clear();
    output_bytes_ = 0;
}

} // namespace hearth::net
