#include "cli/audit_export.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/json.h"

namespace warder::cli {
namespace {

/// An export as a manager writes it.
class Export {
 public:
  void entry(const std::string& actor) {
    const auto index = static_cast<std::int64_t>(edge_.size()) + 1;
    const std::string leaf = canonical_json(json::object{{"index", index}, {"actor", actor}});
    edge_.append(crypto::merkle_leaf(as_bytes(leaf)));
    text += "{\"entry\":" + leaf + "}\n";
  }
  std::string checkpoint() {
    const std::string note = crypto::sign_checkpoint({"log", {edge_.size(), edge_.root()}}, key).value();
    text += json::serialize(json::object{{"checkpoint", note}}) + "\n";
    return note;
  }
  void head() { text += json::serialize(json::object{{"key", known().text()}}) + "\n"; }
  [[nodiscard]] crypto::NoteKey known() const { return {"log", key.public_key()}; }

  crypto::SigningKey key = crypto::SigningKey::generate();
  std::string text;

 private:
  crypto::MerkleEdge edge_;
};

struct Made {
  Export file;
  std::string after_two;  // checkpoint
};

Made make() {
  Made made;
  made.file.head();
  made.file.entry("a");
  made.file.entry("b");
  made.after_two = made.file.checkpoint();
  made.file.entry("c");
  made.file.checkpoint();
  return made;
}

AuditExportCheck check(const std::string& text, const AuditPins& pins = {}) {
  std::istringstream file(text);
  return check_audit_export(file, pins).value();
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(AuditExport, AWholeFileIsIntact) {
  const Made made = make();
  const AuditExportCheck found = check(made.file.text, {made.file.known(), made.after_two});
  EXPECT_TRUE(found.intact) << found.detail;
  EXPECT_EQ(found.entries, 3);
  EXPECT_EQ(found.checkpoints, 2);
  EXPECT_TRUE(found.is_key_pinned);
  EXPECT_FALSE(check(made.file.text).is_key_pinned);
  EXPECT_TRUE(check(made.file.text).intact);
}

TEST(AuditExport, FindsWhatWasChanged) {
  const std::string good = make().file.text;
  struct Case {
    std::string name;
    std::string text;
    std::int64_t first_bad;
  };
  const std::size_t second = good.find("{\"entry\":{\"actor\":\"b\"");
  const std::vector<Case> cases = {
      {"entry changed", replaced(good, "\"actor\":\"a\"", "\"actor\":\"x\""), 2},
      {"entry removed", good.substr(0, second) + good.substr(good.find('\n', second) + 1), 2},
      {"last line missing", good.substr(0, good.rfind("{\"checkpoint")), 4},
      {"cut off in a line", good.substr(0, good.size() - 1), 4},
      {"problem", good + "{\"problem\":\"not complete\"}\n", 4},
      {"not JSON", good + "x\n", 4},
      {"another line", good + "{\"a\":1}\n", 4},
      {"empty", "", 1},
      {"no key", good.substr(good.find('\n') + 1), 3},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const AuditExportCheck found = check(c.text);
    EXPECT_FALSE(found.intact);
    EXPECT_FALSE(found.detail.empty());
    if (c.name == "empty" || c.name == "last line missing") continue;
    EXPECT_EQ(found.first_bad_index, c.first_bad) << found.detail;
  }
}

TEST(AuditExport, AForgedListIsFoundByWhatIsKnownBeforehand) {
  const Made made = make();
  Export forged;  // by another's key
  forged.head();
  forged.entry("x");
  forged.checkpoint();
  EXPECT_TRUE(check(forged.text).intact) << "a file that only fits together";
  EXPECT_FALSE(check(forged.text, {made.file.known(), ""}).intact);

  Export with_key;  // by who has the manager's own key
  with_key.key = made.file.key;
  with_key.head();
  for (const char* actor : {"x", "b", "c"}) with_key.entry(actor);
  with_key.checkpoint();
  EXPECT_TRUE(check(with_key.text, {made.file.known(), ""}).intact);
  const AuditExportCheck found = check(with_key.text, {made.file.known(), made.after_two});
  EXPECT_FALSE(found.intact);
  EXPECT_EQ(found.first_bad_index, 2);

  Export shorter;  // rolled back
  shorter.key = made.file.key;
  shorter.head();
  shorter.entry("a");
  shorter.checkpoint();
  EXPECT_FALSE(check(shorter.text, {made.file.known(), made.after_two}).intact);
}

TEST(AuditExport, AKnownCheckpointOfAnotherLogIsAnError) {
  const Made made = make();
  std::istringstream file(made.file.text);
  EXPECT_EQ(check_audit_export(file, {std::nullopt, make().after_two}).error().code, ErrorCode::Forbidden);
}

}  // namespace
}  // namespace warder::cli
