// warder audit proof, checkpoint, key and export: what a manager says is believed as little as a file.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "base/json.h"
#include "cli/run.h"
#include "crypto/signed_note.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

/// Answers by target.
class Manager final : public client::Transport {
 public:
  explicit Manager(std::map<std::string, std::string>& answers) : answers_(answers) {}
  Result<client::Answer> perform(const client::Request& request) override {
    const auto found = answers_.find(request.target);
    if (found == answers_.end()) return client::Answer{404, R"({"title":"not there"})"};
    return client::Answer{200, found->second};
  }
  Result<client::Answer> stream(const client::Request& request,
                                const std::function<bool(std::string_view)>& on_data) override {
    client::Answer answer = WD_TRY(perform(request));
    if (answer.status == 200) on_data(std::exchange(answer.body, ""));
    return answer;
  }

 private:
  std::map<std::string, std::string>& answers_;
};

class AuditCommand : public ::testing::Test {
 protected:
  AuditCommand() {
    environment_.variable = [](const std::string& name) -> std::optional<std::string> {
      if (name == "WARDER_URL") return "https://m:8443";
      if (name == "WARDER_TOKEN") return "wdk_x";
      return std::nullopt;
    };
    environment_.connect = [this](const client::HttpsOptions&) -> Result<std::unique_ptr<client::Transport>> {
      return std::make_unique<Manager>(answers_);
    };
    for (int i = 1; i <= kEntries; ++i) {
      leaves_.push_back(canonical_json(json::object{{"index", i}, {"actor", "user:" + std::to_string(i)}}));
      for (const auto& completed : edge_.append(crypto::merkle_leaf(as_bytes(leaves_.back()))))
        nodes_[{completed.node.level, completed.node.index}] = completed.hash;
    }
  }
  int run_with(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    return run(arguments, environment_);
  }
  [[nodiscard]] std::string note(const crypto::SigningKey& key) const {
    return crypto::sign_checkpoint({"log", {edge_.size(), edge_.root()}}, key).value();
  }
  [[nodiscard]] crypto::NoteKey known() const { return {"log", key_.public_key()}; }
  [[nodiscard]] json::object checkpoint() const {
    return {{"size", kEntries},
            {"root", to_hex(edge_.root())},
            {"time", "2026-01-01T00:00:00Z"},
            {"note", note(key_)},
            {"key", known().text()}};
  }
  [[nodiscard]] json::object proof(std::uint64_t index) const {
    const auto read = [this](const crypto::MerkleNode& node) -> Result<crypto::Digest> {
      return nodes_.at({node.level, node.index});
    };
    const auto hashes = crypto::prove_inclusion(index - 1, kEntries, read).value();
    json::array texts;
    for (const crypto::Digest& hash : hashes) texts.emplace_back(to_hex(hash));
    return {{"index", index},
            {"size", kEntries},
            {"leaf", leaves_.at(index - 1)},
            {"hashes", std::move(texts)},
            {"checkpoint", checkpoint()}};
  }
  void answer_proof(const json::object& body) {
    answers_["/api/v1/audit/proofs/inclusion?index=3"] = json::serialize(body);
  }

  static constexpr int kEntries = 7;
  crypto::SigningKey key_ = crypto::SigningKey::generate();
  crypto::MerkleEdge edge_;
  std::vector<std::string> leaves_;
  std::map<std::pair<unsigned, std::uint64_t>, crypto::Digest> nodes_;
  std::map<std::string, std::string> answers_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::istringstream in_;
  Environment environment_{out_, err_, in_};
};

TEST_F(AuditCommand, AProofIsChecked) {
  answer_proof(proof(3));
  EXPECT_EQ(run_with({"audit", "proof", "3"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("user:3"), std::string::npos) << "what is proved is shown";
  EXPECT_EQ(run_with({"audit", "proof", "3", "--key", known().text()}), 0) << err_.str();
  EXPECT_EQ(run_with({"audit", "proof", "3", "--json"}), 0);
  const json::object said = parse_json(out_.str())->as_object();
  EXPECT_EQ(said.at("included"), json::value(true));
  EXPECT_EQ(said.at("root"), json::value(to_hex(edge_.root())));
}

TEST_F(AuditCommand, AProofThatIsWrongIsAFinding) {
  std::map<std::string, json::object> cases;
  cases["another leaf"] = proof(3);
  cases["another leaf"]["leaf"] = leaves_.at(3);
  cases["a hash changed"] = proof(3);
  cases["a hash changed"]["hashes"].as_array()[0] = std::string(64, 'a');
  cases["a hash missing"] = proof(3);
  cases["a hash missing"]["hashes"].as_array().pop_back();
  cases["the proof of another entry"] = proof(4);
  cases["signed by another key"] = proof(3);
  cases["signed by another key"]["checkpoint"].as_object()["note"] = note(crypto::SigningKey::generate());
  for (const auto& [name, body] : cases) {
    SCOPED_TRACE(name);
    answer_proof(body);
    EXPECT_EQ(run_with({"audit", "proof", "3"}), 3) << out_.str() << err_.str();
  }
  answer_proof(proof(3));
  const crypto::NoteKey other{"log", crypto::SigningKey::generate().public_key()};
  EXPECT_EQ(run_with({"audit", "proof", "3", "--key", other.text()}), 3) << "not the key that is known";
}

TEST_F(AuditCommand, AProofThatCannotBeReadIsAnError) {
  json::object odd = proof(3);
  odd["hashes"].as_array()[0] = "abcd";
  answer_proof(odd);
  EXPECT_EQ(run_with({"audit", "proof", "3"}), 1);
  answer_proof({{"index", 3}});
  EXPECT_EQ(run_with({"audit", "proof", "3"}), 1);
  EXPECT_EQ(run_with({"audit", "proof", "9"}), 1) << "there is no such entry";
  EXPECT_EQ(run_with({"audit", "proof", "0"}), 2);
  EXPECT_EQ(run_with({"audit", "proof", "3", "--key", "nonsense"}), 1);
}

TEST_F(AuditCommand, ACheckpointIsPrintedAsItIsKept) {
  answers_["/api/v1/audit/checkpoint"] = json::serialize(checkpoint());
  ASSERT_EQ(run_with({"audit", "checkpoint"}), 0) << err_.str();
  EXPECT_EQ(crypto::open_checkpoint(out_.str(), known())->head.size, edge_.size());
  EXPECT_EQ(run_with({"audit", "checkpoint", "--new"}), 1) << "another request";
  answers_["/api/v1/audit/checkpoint?fresh=true"] = json::serialize(checkpoint());
  EXPECT_EQ(run_with({"audit", "checkpoint", "--new", "--json"}), 0);
  EXPECT_EQ(parse_json(out_.str())->as_object().at("size"), json::value(kEntries));
}

TEST_F(AuditCommand, TheKeyIsShownAsItIsGivenToOtherCommands) {
  answers_["/api/v1/audit/key"] =
      json::serialize(json::object{{"origin", "log"}, {"key", known().text()}, {"fingerprint", "f"}});
  ASSERT_EQ(run_with({"audit", "key", "--json"}), 0) << err_.str();
  EXPECT_EQ(crypto::NoteKey::parse(get_string(parse_json(out_.str())->as_object(), "key").value()).value(), known());
}

TEST_F(AuditCommand, AnExportIsWrittenAndVerifiesOffline) {
  std::string text = json::serialize(json::object{{"key", known().text()}}) + "\n";
  for (const std::string& leaf : leaves_) text += "{\"entry\":" + leaf + "}\n";
  text += json::serialize(json::object{{"checkpoint", note(key_)}}) + "\n";
  answers_["/api/v1/audit/export"] = text;
  ASSERT_EQ(run_with({"audit", "export"}), 0) << err_.str();
  ASSERT_EQ(out_.str(), text);
  in_.str(text);
  EXPECT_EQ(run_with({"audit", "verify", "-", "--key", known().text()}), 0) << out_.str();
  in_.clear();
  in_.str(text.substr(0, text.size() / 2));
  EXPECT_EQ(run_with({"audit", "verify", "-"}), 3);
  EXPECT_EQ(run_with({"audit", "verify", "--key", known().text()}), 1) << "a key without a file";
}

}  // namespace
}  // namespace warder::cli
