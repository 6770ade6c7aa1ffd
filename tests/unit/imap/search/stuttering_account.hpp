// SPDX-License-Identifier: Apache-2.0
// Mail in memory whose reads stutter as a real store's do: every n-th call is busy or unfinished, and what is read comes
// from summaries if the test wants them.
#pragma once

#include "mail/summary.hpp"
#include "store/memory_account.hpp"

#include <memory>
#include <optional>

namespace hearth::imap::testing {

struct ReadHabits {
    unsigned fails_every = 0; ///< every so many reads say busy or unfinished; 0: none
    std::optional<store::Error> always;
    bool has_summaries = false;
    std::optional<std::vector<store::FuzzyMatch>> fuzzy; ///< what the full-text index finds
    std::vector<std::pair<store::FuzzyField, std::string>> fuzzy_asked;
    unsigned reads = 0, messages = 0; ///< calls of any kind; of message()

    std::optional<store::Error> next() {
        if (always) return always;
        if (fails_every == 0 || ++reads % fails_every != 0) return std::nullopt;
        return reads / fails_every % 2 == 0 ? store::Error::busy : store::Error::unfinished;
    }
};

class StutteringMailbox final : public store::Mailbox {
public:
    StutteringMailbox(std::unique_ptr<store::Mailbox> inner, ReadHabits& habits)
        : inner_(std::move(inner)), habits_(habits) {}

    std::span<const store::MessageRow> rows() const override { return inner_->rows(); }
    std::uint32_t uidvalidity() const override { return inner_->uidvalidity(); }
    std::uint32_t uidnext() const override { return inner_->uidnext(); }
    std::span<const std::string> keywords() const override { return inner_->keywords(); }
    bool read_only() const override { return inner_->read_only(); }
    bool keeps_modseqs() const override { return inner_->keeps_modseqs(); }
    std::uint64_t highest_modseq() const override { return inner_->highest_modseq(); }
    std::string mailbox_id() const override { return inner_->mailbox_id(); }
    Result<store::Changes> sync() override { return inner_->sync(); }
    Result<std::uint64_t> size(std::uint32_t uid) override {
        if (const auto error = habits_.next()) return *error;
        return inner_->size(uid);
    }
    Result<std::shared_ptr<const mail::Message>> message(std::uint32_t uid) override {
        if (const auto error = habits_.next()) return *error;
        ++habits_.messages;
        return inner_->message(uid);
    }
    Result<store::MessageFacts> facts(std::uint32_t uid) override {
        if (const auto error = habits_.next()) return *error;
        return inner_->facts(uid);
    }
    Result<std::shared_ptr<const mail::Summary>> summary(std::uint32_t uid) override {
        if (!habits_.has_summaries) return store::Error::unsupported;
        if (const auto error = habits_.next()) return *error;
        const auto whole = inner_->message(uid);
        if (!whole) return whole.error();
        auto made = mail::make_summary(**whole);
        if (!made) return std::shared_ptr<const mail::Summary>();
        return std::shared_ptr<const mail::Summary>(std::make_shared<mail::Summary>(std::move(*made)));
    }
    Result<std::string> read(std::uint32_t uid, std::uint64_t offset, std::uint64_t count) override {
        if (const auto error = habits_.next()) return *error;
        return inner_->read(uid, offset, count);
    }
    Result<std::optional<std::vector<store::FuzzyMatch>>> search_fuzzy(
        store::FuzzyField field, std::string_view words) override {
        if (const auto error = habits_.next()) return *error;
        habits_.fuzzy_asked.emplace_back(field, words);
        return habits_.fuzzy;
    }
    Result<void> add_seen(std::span<const std::uint32_t> uids) override { return inner_->add_seen(uids); }
    int watch_descriptor() override { return -1; }
    void clear_watch() override {}

private:
    std::unique_ptr<store::Mailbox> inner_;
    ReadHabits& habits_;
};

/// Outlives its mailboxes.
class StutteringAccount final : public store::MemoryAccount {
public:
    ReadHabits habits;

    Result<std::unique_ptr<store::Mailbox>> open(std::string_view mailbox, bool read_only) override {
        auto inner = MemoryAccount::open(mailbox, read_only);
        if (!inner) return inner.error();
        return std::unique_ptr<store::Mailbox>(std::make_unique<StutteringMailbox>(std::move(*inner), habits));
    }
};

} // namespace hearth::imap::testing
