// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

namespace hearth::imap {

asio::awaitable<void> Output::send(std::string_view bytes) {
    if (failed() || bytes.empty()) co_return;
    const auto sent = co_await connection_.write(bytes);
    if (sent)
        written_ += bytes.size();
    else
        error_ = sent.error();
}

asio::awaitable<void> Output::flush() {
    if (buffer_.empty()) co_return;
    co_await send(buffer_);
    buffer_.clear();
    // One large reply shall not cost an idle connection its memory.
    if (buffer_.capacity() > 2 * flush_at) buffer_.shrink_to_fit();
}

asio::awaitable<void> Output::write_through(std::string_view bytes) {
    co_await flush();
    co_await send(bytes);
}

} // namespace hearth::imap
