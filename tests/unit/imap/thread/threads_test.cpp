// SPDX-License-Identifier: Apache-2.0
// The threading algorithms beside a second, straightforward implementation of RFC 5256: it walks trees of pointers, step
// by step as the RFC words them, without care for cost.
#include "thread/threads.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>

using namespace hearth::imap;

namespace {

std::vector<std::uint32_t> by(const std::vector<ThreadMessage>& messages, bool received) {
    std::vector<std::uint32_t> order(messages.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
        return received ? messages[a].received < messages[b].received : messages[a].sent < messages[b].sent;
    });
    return order;
}

std::string show(const ThreadTree& tree) {
    std::string out;
    append_threads(out, tree, [](std::uint32_t row) { return std::to_string(row + 1); });
    return out;
}

ReferenceLinks links_of(const std::vector<ThreadMessage>& messages) {
    ReferenceLinks links;
    for (const auto& message : messages)
        links.add(message);
    return links;
}

std::string references(const std::vector<ThreadMessage>& messages) {
    return show(thread_by_references(links_of(messages), messages, by(messages, false)));
}

std::string subjects(const std::vector<ThreadMessage>& messages) {
    return show(thread_by_subject(messages, by(messages, false)));
}

std::string newest(const std::vector<ThreadMessage>& messages) {
    return show(thread_by_newest(links_of(messages), messages, by(messages, true)));
}

/// Messages of a test: rows and dates ascend.
class Box {
public:
    Box& add(std::string id, std::vector<std::string> refs = {}, std::string subject = "", bool reply = false,
        std::int64_t sent = -1) {
        ThreadMessage message;
        message.row = static_cast<std::uint32_t>(messages.size());
        message.sent = sent < 0 ? message.row : sent;
        message.received = message.row;
        message.subject = std::move(subject);
        message.is_reply = reply;
        message.id = std::move(id);
        message.references = std::move(refs);
        messages.push_back(std::move(message));
        return *this;
    }
    std::vector<ThreadMessage> messages;
};

// ---- the second implementation ----

struct Node {
    const ThreadMessage* message = nullptr; // null: a dummy
    Node* parent = nullptr;
    std::vector<Node*> children;
};

class Straightforward {
public:
    explicit Straightforward(const std::vector<ThreadMessage>& messages) {
        for (const auto& message : messages)
            step_1(message);
        for (auto& node : nodes_)
            if (node->parent == nullptr && node.get() != &root_) root_.children.push_back(node.get());
        root_.children = pruned(root_, true);
        sort_all(root_);
        step_5();
        sort_all(root_);
    }

    std::string text() const {
        std::string out;
        for (const auto* node : root_.children)
            out += "(" + text(*node) + ")";
        return out;
    }

private:
    Node* make(const ThreadMessage* message = nullptr) {
        nodes_.push_back(std::make_unique<Node>());
        nodes_.back()->message = message;
        return nodes_.back().get();
    }
    Node* with_id(const std::string& id) {
        auto& node = by_id_[id];
        if (node == nullptr) node = make();
        return node;
    }
    static bool is_above(const Node* above, const Node* node) {
        for (; node != nullptr; node = node->parent)
            if (node == above) return true;
        return false;
    }
    static void unlink(Node* node) {
        if (node->parent != nullptr) std::erase(node->parent->children, node);
        node->parent = nullptr;
    }
    static void link(Node* node, Node* parent) {
        if (is_above(node, parent)) return;
        node->parent = parent;
        parent->children.push_back(node);
    }

    void step_1(const ThreadMessage& message) {
        Node* last = nullptr;
        for (const auto& id : message.references) {
            auto* node = with_id(id);
            if (last != nullptr && node->parent == nullptr) link(node, last);
            last = node;
        }
        Node* own = message.id.empty() ? nullptr : with_id(message.id);
        if (own == nullptr || own->message != nullptr) own = make();
        own->message = &message;
        unlink(own);
        if (last != nullptr) link(own, last);
    }

    // Steps 2 and 3: the children of `node` as they are afterwards.
    std::vector<Node*> pruned(Node& node, bool is_root) {
        std::vector<Node*> kept;
        for (auto* child : node.children) {
            child->children = pruned(*child, false);
            const auto count = child->children.size();
            if (child->message != nullptr || (is_root && count > 1))
                kept.push_back(child);
            else
                kept.insert(kept.end(), child->children.begin(), child->children.end());
        }
        return kept;
    }

    static const ThreadMessage& first(const Node& node) {
        return node.message != nullptr ? *node.message : *node.children.front()->message;
    }
    static void sort_all(Node& node) {
        for (auto* child : node.children)
            sort_all(*child);
        std::sort(node.children.begin(), node.children.end(), [](const Node* a, const Node* b) {
            return std::pair(first(*a).sent, first(*a).row) < std::pair(first(*b).sent, first(*b).row);
        });
    }

    void step_5() {
        std::map<std::string, Node*> table;
        const auto is_reply = [](const Node* n) { return n->message != nullptr && n->message->is_reply; };
        for (auto* node : root_.children) {
            const auto subject = first(*node).subject;
            if (subject.empty()) continue;
            auto*& entry = table[subject];
            if (entry == nullptr || (node->message == nullptr && entry->message != nullptr) ||
                (is_reply(entry) && !is_reply(node)))
                entry = node;
        }
        const auto threads = root_.children;
        for (auto* node : threads) {
            const auto subject = first(*node).subject;
            if (subject.empty() || table[subject] == node) continue;
            auto*& entry = table[subject];
            std::erase(root_.children, node);
            if (entry->message == nullptr && node->message == nullptr) {
                entry->children.insert(entry->children.end(), node->children.begin(), node->children.end());
            } else if (entry->message == nullptr || (is_reply(node) && !is_reply(entry))) {
                entry->children.push_back(node);
            } else {
                auto* dummy = make();
                std::erase(root_.children, entry);
                dummy->children = {entry, node};
                root_.children.push_back(dummy);
                entry = dummy;
            }
        }
    }

    static std::string text(const Node& node) {
        std::string out = node.message != nullptr ? std::to_string(node.message->row + 1) : "";
        if (node.children.empty()) return out;
        if (node.message != nullptr) out += ' ';
        if (node.children.size() == 1) return out + text(*node.children.front());
        for (const auto* child : node.children)
            out += "(" + text(*child) + ")";
        return out;
    }

    Node root_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::map<std::string, Node*> by_id_;
};

} // namespace

TEST_CASE("replies come below what they answer, in the order of their dates") {
    Box box;
    box.add("a").add("b", {"a"}).add("c", {"a", "b"}).add("d", {"a"}, "", false, 0).add("e");
    CHECK(references(box.messages) == "(1 (4)(2 3))(5)");
}

TEST_CASE("a reply may stand before what it answers") {
    Box box;
    box.add("c", {"a", "b"}).add("b", {"a"}).add("a", {}, "", false, 0);
    CHECK(references(box.messages) == "(3 2 1)");
}

TEST_CASE("a message that isn't there holds its replies together") {
    CHECK(references(Box().add("b", {"x"}).add("c", {"x"}).messages) == "((1)(2))");
    CHECK(references(Box().add("b", {"x"}).messages) == "(1)");
    CHECK(references(Box().add("a").add("b", {"a", "x", "y"}).add("c", {"a", "x", "z"}).messages) == "(1 (2)(3))");
}

TEST_CASE("replies in a circle don't hang, and nobody is lost") {
    Box box;
    box.add("a", {"b"}).add("b", {"c"}).add("c", {"a"}).add("d", {"d"});
    CHECK(references(box.messages) == "(3 2 1)(4)");
}

TEST_CASE("two messages of one id are two messages, of which the first is referred to") {
    CHECK(references(Box().add("a").add("a").add("b", {"a"}).messages) == "(1 3)(2)");
    CHECK(references(Box().add("").add("").messages) == "(1)(2)");
}

TEST_CASE("threads of one subject are joined") {
    CHECK(references(Box().add("a", {}, "X").add("b", {}, "X", true).messages) == "(1 2)");
    CHECK(references(Box().add("b", {}, "X", true).add("a", {}, "X").messages) == "(2 1)");
    CHECK(references(Box().add("a", {}, "X").add("b", {}, "X").messages) == "((1)(2))");
    CHECK(references(Box().add("a", {}, "").add("b", {}, "").messages) == "(1)(2)");
    CHECK(references(Box().add("b", {"x"}, "X", true).add("c", {"x"}, "X", true).add("a", {}, "X").messages) ==
          "((1)(2)(3))");
}

TEST_CASE("REFERENCES gives what a walk through the RFC's steps gives") {
    for (unsigned seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        const auto pick = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
        Box box;
        const auto count = 1 + pick(12);
        for (unsigned i = 0; i < count; ++i) {
            std::vector<std::string> refs;
            for (unsigned n = pick(4); n > 0; --n)
                refs.push_back(std::string(1, static_cast<char>('a' + pick(10))));
            const auto id = pick(8) == 0 ? std::string() : std::string(1, static_cast<char>('a' + pick(10)));
            const auto subject = pick(3) == 0 ? std::string() : std::string(1, static_cast<char>('X' + pick(3)));
            box.add(id, refs, subject, pick(2) == 0, static_cast<std::int64_t>(pick(6)));
        }
        CHECK_MESSAGE(references(box.messages) == Straightforward(box.messages).text(), "seed ", seed);
    }
}

TEST_CASE("every message is told exactly once, by every algorithm") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        Box box;
        const auto count = 1 + random() % 40;
        for (unsigned i = 0; i < count; ++i)
            box.add(std::to_string(random() % 30), {std::to_string(random() % 30), std::to_string(random() % 30)},
                std::to_string(random() % 5), random() % 2 == 0, static_cast<std::int64_t>(random() % 10));
        for (const auto& text : {references(box.messages), subjects(box.messages), newest(box.messages)}) {
            std::multiset<unsigned long> told;
            for (std::size_t i = 0; i < text.size(); ++i)
                if (std::isdigit(text[i]) && (i == 0 || !std::isdigit(text[i - 1])))
                    told.insert(std::stoul(text.substr(i)));
            CHECK(told.size() == count);
            CHECK(std::set<unsigned long>(told.begin(), told.end()).size() == count);
        }
    }
}

TEST_CASE("ORDEREDSUBJECT puts messages of one subject below the first of them") {
    Box box;
    box.add("", {}, "B").add("", {}, "A").add("", {}, "B", true).add("", {}, "B").add("", {}, "A", true, 0);
    CHECK(subjects(box.messages) == "(1 (3)(4))(5 2)");
}

TEST_CASE("REFS tells threads by their newest message and joins no subjects") {
    Box box;
    box.add("a", {}, "X").add("b", {}, "X").add("c", {"a"}, "X", true).add("d", {}, "X");
    CHECK(newest(box.messages) == "(2)(1 3)(4)");
}

TEST_CASE("a hundred thousand replies in one chain, in any order, are no trouble") {
    constexpr std::uint32_t count = 100'000;
    for (const int order : {0, 1, 2}) {
        Box box;
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto number = order == 0 ? i : order == 1 ? count - 1 - i : (i * 2 < count ? i * 2 : i * 2 % count + 1);
            box.add(std::to_string(number), number == 0 ? std::vector<std::string>() :
                                                          std::vector<std::string>{std::to_string(number - 1)});
        }
        const auto text = references(box.messages);
        CHECK(text.starts_with("("));
        CHECK(std::count(text.begin(), text.end(), '(') == 1);
        CHECK(std::count(text.begin(), text.end(), ' ') == count - 1);
    }
}
