// SPDX-License-Identifier: Apache-2.0
#include "thread/threads.hpp"

#include <string_view>
#include <unordered_map>

namespace hearth::imap {
namespace {

constexpr auto none = ReferenceLinks::none;

/// Threads on their way to a ThreadTree: for each message the one above it, which may be a dummy. Messages are numbers
/// below `messages.size()`, dummies those from there on.
class Draft {
public:
    explicit Draft(std::span<const ThreadMessage> messages) : messages_(messages), above_(messages.size(), none) {}

    [[nodiscard]] bool is_dummy(std::uint32_t number) const { return number >= messages_.size(); }
    std::uint32_t make_dummy() {
        above_.push_back(none);
        return static_cast<std::uint32_t>(above_.size() - 1);
    }
    void put(std::uint32_t number, std::uint32_t above) { above_[number] = above; }

    // Steps 4 and 6: a linear pass in the order of dates sorts all siblings. A dummy stands where its first child does.
    // A dummy may be put below another (step 5.C): its children are that one's then.
    ThreadTree tree(std::span<const std::uint32_t> by_date) const {
        ThreadTree tree;
        tree.nodes.resize(above_.size());
        std::vector<bool> listed(above_.size());
        for (std::size_t i = 0; i < messages_.size(); ++i)
            tree.nodes[i].row = messages_[i].row;
        for (const auto number : by_date) {
            auto above = above_[number];
            while (above != none && is_dummy(above) && above_[above] != none)
                above = above_[above];
            if (above == none) {
                tree.roots.push_back(number);
                continue;
            }
            tree.nodes[above].children.push_back(number);
            if (is_dummy(above) && !listed[above]) tree.roots.push_back(above);
            listed[above] = true;
        }
        promote_only_children(tree);
        return tree;
    }

private:
    // Step 3.B: a dummy with one child isn't needed.
    void promote_only_children(ThreadTree& tree) const {
        for (auto& root : tree.roots)
            if (is_dummy(root) && tree.nodes[root].children.size() == 1) root = tree.nodes[root].children.front();
    }

    std::span<const ThreadMessage> messages_;
    std::vector<std::uint32_t> above_; // of messages, then of dummies
};

/// Steps 2 and 3: what isn't a message goes, its children are promoted; only at the root a dummy holds them together.
class Pruning {
public:
    Pruning(const ReferenceLinks& links, Draft& draft) : links_(links), draft_(draft), holders_(links.size(), none) {}

    void run() {
        for (std::uint32_t node = 0; node < links_.size(); ++node) {
            if (links_.message(node) == none) continue;
            const auto parent = links_.parent(node);
            draft_.put(links_.message(node), parent == none ? none : holder(parent));
        }
    }

private:
    // The message or dummy of the draft under which the children of `node` come. Each node is walked over once.
    std::uint32_t holder(std::uint32_t node) {
        std::vector<std::uint32_t> way;
        while (holders_[node] == none && links_.message(node) == none && links_.parent(node) != none) {
            way.push_back(node);
            node = links_.parent(node);
        }
        if (holders_[node] == none)
            holders_[node] = links_.message(node) != none ? links_.message(node) : draft_.make_dummy();
        for (const auto passed : way)
            holders_[passed] = holders_[node];
        return holders_[node];
    }

    const ReferenceLinks& links_;
    Draft& draft_;
    std::vector<std::uint32_t> holders_;
};

/// Step 5: threads of the same subject become one.
class SubjectMerge {
public:
    SubjectMerge(const ThreadTree& tree, std::span<const ThreadMessage> messages, Draft& draft)
        : tree_(tree), messages_(messages), draft_(draft) {}

    void run() {
        for (const auto root : tree_.roots)
            note(root);
        for (const auto root : tree_.roots)
            merge(root);
    }

private:
    std::string_view subject_of(std::uint32_t root) const {
        return messages_[draft_.is_dummy(root) ? tree_.nodes[root].children.front() : root].subject;
    }
    bool is_reply(std::uint32_t root) const { return !draft_.is_dummy(root) && messages_[root].is_reply; }

    // 5.B: of each subject the best to join others to.
    void note(std::uint32_t root) {
        const auto subject = subject_of(root);
        if (subject.empty()) return;
        const auto [entry, is_new] = table_.try_emplace(subject, root);
        if (is_new) return;
        const bool is_better = (draft_.is_dummy(root) && !draft_.is_dummy(entry->second)) ||
            (is_reply(entry->second) && !is_reply(root));
        if (is_better) entry->second = root;
    }

    // 5.C
    void merge(std::uint32_t root) {
        const auto subject = subject_of(root);
        if (subject.empty()) return;
        auto& best = table_.at(subject);
        if (best == root) return;
        if (draft_.is_dummy(best) || (is_reply(root) && !is_reply(best))) {
            draft_.put(root, best); // of a dummy: its children
            return;
        }
        const auto dummy = draft_.make_dummy();
        draft_.put(best, dummy);
        draft_.put(root, dummy);
        best = dummy;
    }

    const ThreadTree& tree_;
    std::span<const ThreadMessage> messages_;
    Draft& draft_;
    std::unordered_map<std::string_view, std::uint32_t> table_;
};

} // namespace

ThreadTree thread_by_subject(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> by_date) {
    Draft draft(messages);
    std::unordered_map<std::string_view, std::uint32_t> first;
    for (const auto number : by_date) {
        const auto [entry, is_first] = first.try_emplace(messages[number].subject, number);
        if (!is_first) draft.put(number, entry->second);
    }
    return draft.tree(by_date);
}

ThreadTree thread_by_references(const ReferenceLinks& links, std::span<const ThreadMessage> messages,
    std::span<const std::uint32_t> by_date) {
    Draft draft(messages);
    Pruning(links, draft).run();
    const auto pruned = draft.tree(by_date);
    SubjectMerge(pruned, messages, draft).run();
    return draft.tree(by_date);
}

ThreadTree thread_by_newest(const ReferenceLinks& links, std::span<const ThreadMessage> messages,
    std::span<const std::uint32_t> by_date) {
    Draft draft(messages);
    Pruning(links, draft).run();
    auto tree = draft.tree(by_date);
    // The root of each node, parents before children: nodes are reached from the roots.
    std::vector<std::uint32_t> root_of(tree.nodes.size(), none), open;
    for (const auto root : tree.roots) {
        open.assign(1, root);
        while (!open.empty()) {
            const auto node = open.back();
            open.pop_back();
            root_of[node] = root;
            open.insert(open.end(), tree.nodes[node].children.begin(), tree.nodes[node].children.end());
        }
    }
    // From the newest message back, each thread where it is met first; then the other way round.
    std::vector<bool> told(tree.nodes.size());
    std::vector<std::uint32_t> newest_first;
    for (auto number = by_date.rbegin(); number != by_date.rend(); ++number) {
        const auto root = root_of[*number];
        if (!told[root]) newest_first.push_back(root);
        told[root] = true;
    }
    tree.roots.assign(newest_first.rbegin(), newest_first.rend());
    return tree;
}

} // namespace hearth::imap
