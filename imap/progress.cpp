// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"
#include "wire/response_writer.hpp"

namespace hearth::imap {

asio::awaitable<void> Progress::tell(std::size_t done) {
    if (!is_due()) co_return;
    told_at_ = Clock::now();
    auto& out = context_.out.buffer();
    out += "* OK [INPROGRESS (";
    append_string(out, context_.tag);
    out += ' ';
    append_number(out, done);
    out += ' ';
    append_number(out, total_);
    out += ")] Still at work\r\n";
    co_await context_.out.flush();
}

} // namespace hearth::imap
