// link: hearth_store
// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir/keyword_table.hpp"
#include "store/maildir/maildirsize.hpp"
#include "store/maildir/subscriptions.hpp"
#include "store/maildir/uidlist.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hearth::store;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto names = parse_subscriptions(text);
    const auto subscribed = with_subscription(text, "A.b", true);
    hearth::ensure(parse_subscriptions(subscribed).size() <= names.size() + 1, "one name more at most");
    hearth::ensure(with_subscription(subscribed, "A.b", true) == subscribed, "it is there");
    KeywordTable table, again_table;
    table.update(text);
    again_table.update(table.text());
    hearth::ensure(again_table.text() == table.text(), "letters are kept");
    if (const auto sum = MaildirSize::parse(text)) {
        const auto same = MaildirSize::parse(MaildirSize::text(sum->limits, sum->use));
        hearth::ensure(same && same->limits == sum->limits && same->use == sum->use, "so is the quota");
    }
    const auto seen = parse_maildir_name(with_flags(text, {static_cast<std::uint8_t>(size & 31)}, 5));
    hearth::ensure(seen.flags.bits == (size & 31) && seen.letters == 5, "exactly these flags");
    auto list = Uidlist::parse(text);
    if (!list) return 0;
    std::uint32_t last = 0;
    for (const auto& record : list->records) {
        hearth::ensure(record.uid > last, "UIDs ascend");
        last = record.uid;
    }
    hearth::ensure(list->uidnext > last && list->uidvalidity != 0, "the next UID is free");
    list->version = 3;
    list->torn = false;
    if (list->guid.empty()) list->guid = "00000000000000000000000000000000";
    const auto again = Uidlist::parse(list->text());
    hearth::ensure(again.has_value() && *again == *list, "what we write we read again");
    return 0;
}
