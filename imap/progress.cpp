// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"
#include "wire/response_writer.hpp"

namespace hearth::imap {

void Progress::begin(Time now) {
    running_ = true;
    told_at_ = now;
    done_ = total_ = 0;
}

void Progress::step(std::uint64_t done, std::uint64_t total) {
    done_ = done;
    total_ = total;
}

void Progress::append(std::string& out, std::string_view tag, Time now) {
    told_at_ = now;
    out += "* OK [INPROGRESS (";
    append_string(out, tag);
    if (total_ == 0) {
        out += " NIL NIL";
    } else {
        out += ' ';
        append_number(out, done_);
        out += ' ';
        append_number(out, total_);
    }
    out += ")] Still at work\r\n";
}

} // namespace hearth::imap
