// SPDX-License-Identifier: Apache-2.0
#include "store/summary_keeper.hpp"

#include "mail/digest.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

// So many are written at once; while the index is busy so many may wait, then they are thrown away.
constexpr std::size_t batch = 32;
constexpr std::size_t waiting_max = 256;
// In the place of a summary: the message has none.
constexpr std::string_view none = "-";

} // namespace

Result<SummaryKeeper::Kept> SummaryKeeper::find(std::int64_t message) {
    const auto waiting = std::find_if(waiting_.begin(), waiting_.end(),
        [&](const KeptSummary& kept) { return kept.message == message && !kept.bytes.empty(); });
    std::optional<std::string> bytes;
    if (waiting != waiting_.end() && generation_ == index_.generation()) {
        bytes = waiting->bytes;
    } else {
        auto read = index_.summary(message, mail::summary_version);
        if (!read) return read.error();
        bytes = std::move(*read);
    }
    Kept kept;
    if (!bytes) return kept;
    kept.known = *bytes == none;
    if (kept.known) return kept;
    if (auto summary = mail::decode_summary(*bytes)) {
        kept.known = true;
        kept.summary = std::make_shared<const mail::Summary>(std::move(*summary));
    }
    return kept;
}

std::shared_ptr<const mail::Summary> SummaryKeeper::make(std::int64_t message, const mail::Message& parsed) {
    auto summary = mail::make_summary(parsed);
    auto digest = summary ? mail::make_digest(*summary) : std::string();
    if (digest.size() > mail::digest_bytes_max) digest.clear();
    keep({message, mail::summary_version, summary ? mail::encode(*summary) : std::string(none),
        static_cast<std::int64_t>(parsed.bytes().size()), mail::digest_version, std::move(digest)});
    return summary ? std::make_shared<const mail::Summary>(std::move(*summary)) : nullptr;
}

std::optional<std::int64_t> SummaryKeeper::size_of(std::int64_t message) const {
    if (generation_ != index_.generation()) return std::nullopt;
    const auto at = std::find_if(
        waiting_.begin(), waiting_.end(), [&](const KeptSummary& kept) { return kept.message == message; });
    return at == waiting_.end() ? std::nullopt : std::optional(at->size);
}

void SummaryKeeper::keep_size(std::int64_t message, std::int64_t size) {
    keep({message, mail::summary_version, {}, size});
}

void SummaryKeeper::keep_digest(std::int64_t message, std::int64_t size, std::string digest) {
    keep({message, mail::summary_version, {}, size, mail::digest_version, std::move(digest)});
}

void SummaryKeeper::keep(KeptSummary summary) {
    if (generation_ != index_.generation()) waiting_.clear();
    generation_ = index_.generation();
    waiting_.push_back(std::move(summary));
    if (waiting_.size() % batch == 0) flush();
    if (waiting_.size() >= waiting_max) waiting_.clear();
}

void SummaryKeeper::flush() {
    if (waiting_.empty()) return;
    if (generation_ != index_.generation() || index_.keep_summaries(waiting_)) waiting_.clear();
}

} // namespace hearth::store
