// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/maildir/new_file.hpp"
#include "store/maildir_mailbox.hpp"

namespace hearth::store {

/// Messages on their way into a Maildir. They lie in tmp/ until commit() (docs/store.md, "The order of writing").
class MaildirIntake : public Intake {
public:
    MaildirIntake(std::shared_ptr<MaildirFolder> folder, AccountShared& shared);
    ~MaildirIntake() override;

    Result<void> begin(const NewMessage& message) override;
    Result<void> write(std::string_view bytes) override;
    Result<void> finish() override;
    Result<void> take(Mailbox& from, std::uint32_t uid) override;
    Result<Placed> commit() override;
    /// Whether the messages have UIDs on disk: they stay, whatever becomes of commit().
    [[nodiscard]] bool has_uids() const { return step_ == Step::index || step_ == Step::done; }

private:
    struct Item {
        NewFile file;
        mail::Flags flags;
        std::vector<std::string> keywords;
        std::uint64_t bits = 0;
        std::int64_t received = 0, stored_size = 0;
        std::string guid;      ///< empty: its base name
        std::string name = {}; ///< in cur/, once published
        std::uint32_t uid = 0;
        std::uint32_t letters = 0; ///< of `bits`, in its name
    };
    enum class Step { refresh, keywords, lock, publish, list, index, done };

    Result<void> check_room(std::uint64_t bytes);
    Result<void> resolve_keywords();
    Result<void> lock();
    [[nodiscard]] Result<Progress> indexing_of(const UidlistFile::Reading& reading) const;
    Result<void> publish(const Slice& slice);
    Result<void> list();
    Result<void> index(const Slice& slice);
    [[nodiscard]] Durability durability() const;
    void take_back();
    Result<void> give_up(const error_code& error, std::string_view doing);

    std::shared_ptr<MaildirFolder> folder_;
    AccountShared& shared_;
    std::optional<NewFile> open_; // between begin() and finish()
    NewMessage opened_;
    std::vector<Item> items_;
    std::uint64_t bytes_ = 0; // of all items

    Step step_ = Step::refresh;
    std::size_t published_ = 0, indexed_ = 0;
    std::optional<Dotlock> lock_;
    int looks_ = 0; // for the lack of what others listed
    std::optional<OwnChange> own_;
    UidlistFile::Reading reading_;
    bool list_known_ = false;       // the uidlist had nothing that the index doesn't have
    std::uint64_t resolved_in_ = 0; // generation of the index that gave the keywords their bits
    std::optional<error_code> failure_;
    Placed placed_;
};

} // namespace hearth::store
