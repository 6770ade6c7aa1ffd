// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/maildirsize.hpp"

#include "base/text.hpp"
#include "store/error.hpp"
#include "store/maildir/disk.hpp"
#include "store/maildir/file_name.hpp"
#include "store/maildir/mailbox_directories.hpp"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::store {
namespace {

constexpr const char* file_name = "maildirsize";
constexpr auto slice = std::chrono::milliseconds(8);
constexpr int slice_check = 256; // entries between two looks at the clock

// "1000S,20C": what isn't there is no limit.
std::optional<QuotaLimits> parse_limits(std::string_view line) {
    QuotaLimits limits;
    if (line.empty()) return limits;
    for (const auto field : split(line, ',')) {
        const auto number = parse_u64(field.substr(0, field.size() - (field.empty() ? 0 : 1)));
        if (!number) return std::nullopt;
        if (field.back() == 'S')
            limits.bytes = *number;
        else if (field.back() == 'C')
            limits.messages = *number;
        else
            return std::nullopt;
    }
    return limits;
}

std::string_view without_blanks(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    return text;
}

// "<bytes> <messages>", blanks around, either may be negative.
std::optional<QuotaUse> parse_change(std::string_view line) {
    QuotaUse change;
    for (auto* number : {&change.bytes, &change.messages}) {
        line = without_blanks(line);
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), *number);
        if (error != std::errc()) return std::nullopt;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    }
    return without_blanks(line).empty() ? std::optional(change) : std::nullopt;
}

bool add_to(std::int64_t& sum, std::int64_t change) {
    return !__builtin_add_overflow(sum, change, &sum);
}

// Bytes of a message file: what its name says, else what the disk says.
std::int64_t size_of(int directory, const char* name) {
    if (const auto size = parse_maildir_name(name).size) return static_cast<std::int64_t>(*size & INT64_MAX);
    struct stat status {};
    return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_size : 0;
}

bool is_below(std::int64_t use, std::uint64_t limit) {
    return limit == 0 || use < 0 || static_cast<std::uint64_t>(use) <= limit;
}

} // namespace

std::optional<MaildirSize> MaildirSize::parse(std::string_view text) {
    const auto header_end = text.find('\n');
    if (header_end == std::string_view::npos) return std::nullopt;
    MaildirSize size;
    const auto limits = parse_limits(text.substr(0, header_end));
    if (!limits) return std::nullopt;
    size.limits = *limits;
    text.remove_prefix(header_end + 1);
    // A last line without its end was cut off, or is just being written: only a count can tell.
    if (!text.empty() && !text.ends_with('\n')) return std::nullopt;
    for (const auto line : split(text, '\n')) {
        if (line.empty()) continue;
        const auto change = parse_change(line);
        if (!change || !add_to(size.use.bytes, change->bytes) || !add_to(size.use.messages, change->messages))
            return std::nullopt;
        ++size.lines;
    }
    if (size.lines == 0 || size.use.bytes < 0 || size.use.messages < 0) return std::nullopt;
    return size;
}

std::string MaildirSize::text(const QuotaLimits& limits, const QuotaUse& use) {
    std::string text;
    if (limits.bytes != 0) text += std::to_string(limits.bytes) + "S";
    if (limits.messages != 0) text += (text.empty() ? "" : ",") + std::to_string(limits.messages) + "C";
    return text + "\n" + std::to_string(use.bytes) + " " + std::to_string(use.messages) + "\n";
}

bool MaildirQuota::is_within(const QuotaUse& use) const {
    return is_below(use.bytes, limits_.bytes) && is_below(use.messages, limits_.messages);
}

// What the file says, if it can be believed.
std::optional<MaildirQuota::Known> MaildirQuota::read() const {
    Stamp stamp;
    const auto text = read_file(root_, file_name, file_bytes_max, &stamp);
    if (!text) return std::nullopt;
    const auto size = MaildirSize::parse(*text);
    if (!size || size->limits != limits_) return std::nullopt;
    constexpr std::int64_t second = 1000000000;
    return Known{*size, ::time(nullptr) - stamp.modified / second >= recount_after};
}

Result<QuotaUse> MaildirQuota::use() {
    const auto known = counting_ ? std::nullopt : read();
    if (!known) return count();
    const bool is_doubtful = known->size.lines > 1 || known->is_old;
    return is_within(known->size.use) || !is_doubtful ? Result<QuotaUse>(known->size.use) : count();
}

Result<void> MaildirQuota::check_room(const QuotaUse& more) {
    const auto with_more = [&](QuotaUse use) {
        const bool added = add_to(use.bytes, more.bytes) && add_to(use.messages, more.messages);
        return added && is_within(use);
    };
    const auto known = counting_ ? std::nullopt : read();
    if (known && with_more(known->size.use)) return {};
    if (known && known->size.lines <= 1 && !known->is_old) return Error::over_quota;
    const auto counted = count();
    if (!counted) return counted.error();
    return with_more(*counted) ? Result<void>() : Result<void>(Error::over_quota);
}

Result<void> MaildirQuota::add(const QuotaUse& change) {
    if (change == QuotaUse{}) return {};
    const UniqueFd fd(::openat(root_, file_name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd && errno == ENOENT) return {};
    if (!fd) return last_error();
    const auto line = std::to_string(change.bytes) + " " + std::to_string(change.messages) + "\n";
    if (::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) return last_error();
    return {};
}

// One slice of a count; the last one writes the file.
Result<QuotaUse> MaildirQuota::count() {
    if (!counting_) {
        const auto mailboxes = list_mailboxes(root_, layout_);
        if (!mailboxes) return mailboxes.error();
        counting_.emplace();
        counting_->pending = {"new", "cur"};
        for (const auto& mailbox : *mailboxes)
            for (const auto* part : {"/new", "/cur"})
                counting_->pending.push_back(mailbox + part);
    }
    if (!count_some(*counting_)) return Error::unfinished;
    const auto use = counting_->use;
    counting_.reset();
    // An account that can't be written has its use all the same.
    static_cast<void>(replace_file(root_, file_name, MaildirSize::text(limits_, use), 0600));
    return use;
}

// False: time is up, and there is more.
bool MaildirQuota::count_some(Count& count) const {
    const auto until = std::chrono::steady_clock::now() + slice;
    for (int seen = 0;;) {
        if (!count.reading) {
            if (count.pending.empty()) return true;
            auto stream = DirectoryStream::open(root_, count.pending.back());
            count.pending.pop_back();
            if (stream) count.reading.emplace(std::move(*stream)); // else it is gone
            continue;
        }
        const auto* entry = count.reading->next();
        if (entry == nullptr) {
            count.reading.reset();
        } else if (is_message_name(entry->d_name)) {
            count.use.bytes += size_of(count.reading->descriptor(), entry->d_name);
            ++count.use.messages;
        }
        if (++seen % slice_check == 0 && std::chrono::steady_clock::now() >= until) return false;
    }
}

} // namespace hearth::store
