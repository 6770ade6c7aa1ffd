// SPDX-License-Identifier: Apache-2.0
// QUOTA (RFC 9208): one root for the whole account, called as quota_root says. Without limits it holds no resources.
#include "command/commands.hpp"
#include "patience.hpp"
#include "wire/response_writer.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

void append_resource(std::string& out, std::string_view name, std::uint64_t used, std::uint64_t limit) {
    if (limit == 0) return;
    if (out.back() != '(') out += ' ';
    out += name;
    out += ' ';
    append_number(out, used);
    out += ' ';
    append_number(out, limit);
}

// RFC 9208 section 5.1: storage is counted in units of 1,024 bytes. A part of one is one; what may be used is whole.
void append_quota(std::string& out, std::string_view root, const store::Quota& quota) {
    constexpr std::uint64_t unit = 1024;
    out += "* QUOTA ";
    append_string(out, root);
    out += " (";
    append_resource(out, "STORAGE", quota.bytes / unit + (quota.bytes % unit != 0 ? 1 : 0),
        quota.bytes_limit == 0 ? 0 : std::max<std::uint64_t>(quota.bytes_limit / unit, 1));
    append_resource(out, "MESSAGE", quota.messages, quota.messages_limit);
    out += ")\r\n";
}

asio::awaitable<error_code> tell_quota(Context& context) {
    auto look = [&] { return context.account.quota(); };
    const auto quota = co_await patiently(context, look);
    if (!quota) co_return quota.error();
    append_quota(context.out.buffer(), context.info.options->quota_root, *quota);
    co_return error_code();
}

} // namespace

/// RFC 9208 section 4.1.1.
asio::awaitable<Reply> get_quota(Context& context, Arguments& arguments) {
    arguments.space();
    const auto root = arguments.astring();
    if (!root || !arguments.end()) co_return Reply::bad("");
    if (*root != context.info.options->quota_root) co_return Reply::no("[NONEXISTENT] There is no such quota root");
    const auto failure = co_await tell_quota(context);
    if (failure) co_return store_failure(failure, "");
    co_return Reply::ok("Getquota completed.");
}

/// RFC 9208 section 4.1.2.
asio::awaitable<Reply> get_quota_root(Context& context, Arguments& arguments) {
    arguments.space();
    const auto name = arguments.mailbox();
    if (!name || !arguments.end()) co_return Reply::bad("");
    auto look = [&] { return context.account.status(*name); };
    const auto status = co_await patiently(context, look);
    if (!status) co_return store_failure(status.error(), *name);
    auto& out = context.out.buffer();
    out += "* QUOTAROOT ";
    append_mailbox(out, *name, context.enabled.utf8_names());
    out += ' ';
    append_string(out, context.info.options->quota_root);
    out += "\r\n";
    const auto failure = co_await tell_quota(context);
    if (failure) co_return store_failure(failure, *name);
    co_return Reply::ok("Getquotaroot completed.");
}

/// RFC 9208 section 4.1.3: limits are the administrator's.
Reply set_quota(Context&, Arguments& arguments) {
    arguments.space();
    if (!arguments.astring()) return Reply::bad("");
    return Reply::no("[NOPERM] Quota is set in the server's configuration");
}

} // namespace hearth::imap::command
