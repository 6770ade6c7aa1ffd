// SPDX-License-Identifier: Apache-2.0
#include "search/find_messages.hpp"
#include "patience.hpp"
#include "search/search_matcher.hpp"

#include <chrono>

namespace hearth::imap {
namespace {

std::int64_t seconds_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

} // namespace

asio::awaitable<Result<std::vector<std::uint32_t>>> find_messages(
    Context& context, const SearchKey& key, Relevancies* relevancies) {
    SearchMatcher matcher(key, *context.selected, seconds_now(), context.search_result);
    auto look_up = [&] { return matcher.look_up_fuzzy(); };
    const auto looked_up = co_await patiently(context, look_up);
    if (!looked_up) co_return looked_up.error();
    if (relevancies != nullptr) relevancies->assign(context.selected->rows().size(), 0);
    std::vector<std::uint32_t> found;
    const auto candidates = matcher.candidates();
    for (const auto& range : candidates) {
        for (auto index = range.begin; index < range.end && !context.is_over(); ++index) {
            auto match = [&] { return matcher.matches(index); };
            auto matches = match();
            if (!matches) matches = co_await patiently(context, match);
            if (!matches) co_return matches.error();
            const bool is_found = *matches == SearchMatcher::Truth::yes;
            if (is_found) found.push_back(static_cast<std::uint32_t>(index));
            if (is_found && relevancies != nullptr)
                (*relevancies)[index] = static_cast<std::uint8_t>(matcher.relevancy(index));
            if (context.is_winded()) co_await context.breathe();
        }
    }
    co_return found;
}

std::optional<Reply> refuse_search(Context& context, const SearchProgram& program, bool must_have_charset) {
    // RFC 6855 section 3: who has switched UTF-8 on may name no charset any more.
    if (context.enabled.utf8 && !must_have_charset && !program.charset.empty())
        return Reply::bad("CHARSET is of no use after ENABLE UTF8=ACCEPT");
    if (program.charset_is_wrong)
        return Reply::no("[BADCHARSET (US-ASCII UTF-8)] The charset is unknown, or a string isn't valid in it");
    if (!asks_for_modseq(program.key)) return std::nullopt;
    if (!context.selected->mailbox().keeps_modseqs())
        return Reply::bad("This mailbox keeps no modification sequences (NOMODSEQ)");
    context.enable_condstore();
    return std::nullopt;
}

bool asks_for_modseq(const SearchKey& key) {
    return has_key(key, [](const SearchKey& k) { return k.kind == SearchKey::Kind::modseq; });
}

} // namespace hearth::imap
