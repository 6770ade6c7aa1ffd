// SPDX-License-Identifier: Apache-2.0
#include "command/resynchronise.hpp"
#include "patience.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

using Ranges = std::vector<mail::NumberSet::Range>;

bool is_in(const Ranges& sorted, std::uint32_t number) {
    const auto at = std::upper_bound(sorted.begin(), sorted.end(), number,
        [](std::uint32_t n, const mail::NumberSet::Range& range) { return n < range.first; });
    return at != sorted.begin() && number <= std::prev(at)->last;
}

// The numbers of a set, one after the other, without spelling out its ranges.
class Walk {
public:
    explicit Walk(Ranges ranges) : ranges_(std::move(ranges)) {}
    [[nodiscard]] bool at_end() const { return range_ == ranges_.size(); }
    [[nodiscard]] std::uint32_t number() const { return ranges_[range_].first + offset_; }
    void advance() {
        if (number() < ranges_[range_].last) {
            ++offset_;
        } else {
            ++range_;
            offset_ = 0;
        }
    }

private:
    Ranges ranges_;
    std::size_t range_ = 0;
    std::uint32_t offset_ = 0;
};

// The highest UID up to which client and mailbox have the same messages: where a UID still has the sequence number that
// the client remembers, nothing below it has gone (RFC 7162 section 3.2.5.2). 0: not known.
std::uint32_t agreed_uid(const View& view, const KnownState& known) {
    if (!known.matched_numbers || !known.matched_uids) return 0;
    Walk numbers(known.matched_numbers->resolve(0)), uids(known.matched_uids->resolve(0));
    std::uint32_t agreed = 0;
    while (!numbers.at_end() && !uids.at_end()) {
        const auto number = numbers.number();
        if (number > view.rows().size() || view.rows()[number - 1].uid != uids.number()) break;
        agreed = uids.number();
        numbers.advance();
        uids.advance();
    }
    return agreed;
}

} // namespace

asio::awaitable<error_code> resynchronise(Context& context, const KnownState& known) {
    auto& view = *context.selected;
    auto& mailbox = view.mailbox();
    if (known.uidvalidity != mailbox.uidvalidity() || !mailbox.keeps_modseqs()) co_return error_code();
    auto job = [&] { return mailbox.expunged_since(known.modseq); };
    auto gone = co_await patiently(context, job);
    if (!gone) co_return gone.error();
    const auto wanted = known.uids ? known.uids->resolve(0) : Ranges{{1, mail::NumberSet::star}};
    const auto agreed = agreed_uid(view, known);
    std::erase_if(*gone, [&](std::uint32_t uid) { return uid <= agreed || !is_in(wanted, uid); });
    if (!gone->empty()) context.out.buffer() += "* VANISHED (EARLIER) " + mail::to_sequence_set(*gone) + "\r\n";
    for (std::size_t index = 0; index < view.rows().size() && !context.is_over(); ++index) {
        const auto& row = view.rows()[index];
        if (row.modseq > known.modseq && is_in(wanted, row.uid)) view.append_flags_update(context.out.buffer(), index);
        if (context.out.is_full()) co_await context.out.flush();
        if (context.is_winded()) co_await context.breathe();
    }
    co_return error_code();
}

} // namespace hearth::imap::command
