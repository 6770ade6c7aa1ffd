// link: hearth_store
// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "store/maildir/keyword_table.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir/subscriptions.hpp"
#include "store/maildir/uidlist.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hearth::store;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(parse_subscriptions(text));
    static_cast<void>(KeywordTable().update(text));
    const auto with_seen = with_flag_letter(text, 'S');
    hearth::ensure(parse_maildir_name(with_seen).flags.has(hearth::mail::Flag::seen), "the letter is there");
    hearth::ensure(with_flag_letter(with_seen, 'S') == with_seen, "and only once");
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
