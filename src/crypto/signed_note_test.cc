#include "crypto/signed_note.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder::crypto {
namespace {

// The example of golang.org/x/mod/sumdb/note, which C2SP's format comes from.
constexpr std::string_view kPeter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kPeterSeed = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";  // after the type, 0x01
constexpr std::string_view kText =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
constexpr std::string_view kSignature =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM"
    "=\n";
// Of the same package's tests.
constexpr std::string_view kEnoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
constexpr std::string_view kEnochSignature =
    "\xE2\x80\x94 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ"
    "=\n";

NoteKey peter() {
  return NoteKey::parse(kPeter).value();
}

std::string note_of(std::string_view signatures) {
  return std::string{kText}.append("\n").append(signatures);
}

TEST(SignedNote, ReadsAndMakesThePublishedOne) {
  EXPECT_EQ(open_note(note_of(kSignature), peter()).value(), kText);
  const Bytes typed = from_base64(kPeterSeed).value();
  const SigningKey key = SigningKey::from_seed(ByteView{typed}.subspan(1)).value();
  EXPECT_EQ(key.public_key(), peter().key);
  EXPECT_EQ(sign_note(kText, "PeterNeumann", key).value(), note_of(kSignature));
}

TEST(SignedNote, AKeyIsItsText) {
  EXPECT_EQ(peter().name, "PeterNeumann");
  EXPECT_EQ(peter().text(), kPeter);
  EXPECT_EQ(NoteKey::parse(kEnoch)->text(), kEnoch);
  for (const std::string_view bad :
       {"", "PeterNeumann", "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+ARpc2Q=="}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(NoteKey::parse(bad).error().code, ErrorCode::Invalid);
  }
}

TEST(SignedNote, PassesOverOtherKeys) {
  const std::string both = note_of(std::string{kEnochSignature}.append(kSignature));
  EXPECT_TRUE(open_note(both, peter()));
  EXPECT_TRUE(open_note(both, NoteKey::parse(kEnoch).value()));
  EXPECT_EQ(open_note(note_of(kEnochSignature), peter()).error().code, ErrorCode::Forbidden);
}

TEST(SignedNote, RefusesWhatIsNoNote) {
  const std::string good = note_of(kSignature);
  std::string many = std::string{kText} + "\n";
  for (int i = 0; i < 101; ++i) many += kSignature;
  struct Case {
    std::string_view name;
    std::string note;
  };
  const std::vector<Case> cases = {
      {"empty", ""},
      {"text alone", std::string{kText}},
      {"no signature", std::string{kText} + "\n"},
      {"no newline at the end", good.substr(0, good.size() - 1)},
      {"control character", "a\tb\n\n" + std::string{kSignature}},
      {"not UTF-8", "\xFF\n\n" + std::string{kSignature}},
      {"another dash", std::string{kText} + "\n- PeterNeumann x08go/ZJ\n"},
      {"no base64", std::string{kText} + "\n\xE2\x80\x94 PeterNeumann ?\n"},
      {"no signature in it", std::string{kText} + "\n\xE2\x80\x94 PeterNeumann x08gow==\n"},
      {"a name with +", std::string{kText} + "\n\xE2\x80\x94 Peter+Neumann x08go/ZJ\n"},
      {"a name with a wide space", std::string{kText} + "\n\xE2\x80\x94 Peter\xE3\x80\x80N x08go/ZJ\n"},
      {"too many", many},
      {"too long", std::string(kMaxNoteBytes, 'a') + "\n\n" + std::string{kSignature}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto opened = open_note(c.note, peter());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Invalid);
  }
}

RC_GTEST_PROP(SignedNote, EveryChangedBitIsRefused, ()) {
  std::string note = note_of(kSignature);
  const auto bit = *rc::gen::inRange<std::size_t>(0, note.size() * 8);
  note[bit / 8] = static_cast<char>(note[bit / 8] ^ (1 << (bit % 8)));
  RC_ASSERT(!open_note(note, peter()));
}

TEST(Checkpoint, IsReadAsItWasSigned) {
  const SigningKey key = SigningKey::generate();
  const Checkpoint checkpoint{"warder.audit/x", {1234, sha256(as_bytes("root"))}};
  const std::string note = sign_checkpoint(checkpoint, key).value();
  EXPECT_TRUE(note.starts_with("warder.audit/x\n1234\n" + to_base64(checkpoint.head.root) + "\n\n"));
  EXPECT_EQ(open_checkpoint(note, {"warder.audit/x", key.public_key()}).value(), checkpoint);
  EXPECT_EQ(open_checkpoint(note, {"warder.audit/y", key.public_key()}).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(open_checkpoint(note, {"warder.audit/x", SigningKey::generate().public_key()}).error().code,
            ErrorCode::Forbidden);
  EXPECT_EQ(sign_checkpoint({"two words", {}}, key).error().code, ErrorCode::Invalid);
}

// The example of c2sp.org/tlog-checkpoint's format as another log writes it, with a line that is not ours.
TEST(Checkpoint, PassesOverExtensionsAndRefusesOtherForms) {
  const SigningKey key = SigningKey::generate();
  const NoteKey known{"log", key.public_key()};
  const std::string root = to_base64(sha256({}));
  const auto open = [&](const std::string& text) {
    return open_checkpoint(sign_note(text, "log", key).value(), known);
  };
  EXPECT_EQ(open("log\n0\n" + root + "\nextension\n")->head, (MerkleHead{0, sha256({})}));
  EXPECT_EQ(open("other\n0\n" + root + "\n").error().code, ErrorCode::Forbidden);
  for (const std::string& bad :
       {std::string{"log\n"}, std::string{"log\n1\n"}, "log\n01\n" + root + "\n", "log\n-1\n" + root + "\n",
        "log\n18446744073709551616\n" + root + "\n", std::string{"log\n1\nAAAA\n"}, std::string{"log\n1\n?\n"}}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(open(bad).error().code, ErrorCode::Invalid);
  }
}

struct TestWitness {
  SigningKey log = SigningKey::generate();
  SigningKey own = SigningKey::generate();
  std::string name = "witness.example/w1";
  std::string note = sign_checkpoint({"log.example", {3, {}}}, log).value();
  [[nodiscard]] WitnessKey key() const { return {name, own.public_key()}; }
  [[nodiscard]] std::string cosigned(std::int64_t seconds) const {
    return note + cosign(note, name, own, from_micros(seconds * 1'000'000)).value();
  }
};

TEST(Cosignature, IsReadAsItWasMadeAndLeavesTheNoteAsItWas) {
  const TestWitness witness;
  const std::string note = witness.cosigned(1'800'000'000);
  EXPECT_EQ(to_micros(open_cosignature(note, witness.key()).value()), 1'800'000'000'000'000);
  EXPECT_TRUE(open_checkpoint(note, {"log.example", witness.log.public_key()}));
  EXPECT_EQ(WitnessKey::parse(witness.key().text()).value(), witness.key());
  // Twice: what counts is when it was last seen, whatever the order.
  EXPECT_EQ(
      open_cosignature(witness.cosigned(20) + witness.cosigned(10).substr(witness.note.size()), witness.key()).value(),
      from_micros(20'000'000));
}

TEST(Cosignature, OfTheSpecificationsFormIsTheSpecificationsMessage) {
  const TestWitness witness;
  const std::string line = cosign(witness.note, witness.name, witness.own, from_micros(1'679'315'147'000'000)).value();
  const Bytes bytes =
      from_base64(std::string_view{line}.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2)).value();
  ASSERT_EQ(bytes.size(), 4U + 8U + 64U);
  EXPECT_EQ(to_hex(ByteView{bytes}.subspan(4, 8)), "00000000641850cb");
  Signature signature;
  std::copy(bytes.begin() + 12, bytes.end(), signature.begin());
  const std::string text = witness.note.substr(0, witness.note.find("\n\n") + 1);
  EXPECT_TRUE(is_signed_by(witness.own.public_key(), as_bytes("cosignature/v1\ntime 1679315147\n" + text), signature));
}

TEST(Cosignature, IsNoSignatureAndASignatureIsNone) {
  TestWitness witness;
  // The same key and name for both: the type alone keeps them apart.
  const NoteKey log{"log.example", witness.log.public_key()};
  const WitnessKey same{"log.example", witness.log.public_key()};
  EXPECT_FALSE(open_cosignature(witness.note, same));
  const std::string text = witness.note.substr(0, witness.note.find("\n\n") + 2);
  const std::string only = text + cosign(witness.note, "log.example", witness.log, from_micros(0)).value();
  EXPECT_TRUE(open_cosignature(only, same));
  EXPECT_EQ(open_note(only, log).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(WitnessKey::parse(log.text()).error().code, ErrorCode::Invalid);
  EXPECT_EQ(NoteKey::parse(same.text()).error().code, ErrorCode::Invalid);
}

TEST(Cosignature, OfAnotherNoteOrKeyIsRefused) {
  const TestWitness witness;
  const std::string other = sign_checkpoint({"log.example", {4, {}}}, witness.log).value();
  const std::string line = cosign(witness.note, witness.name, witness.own, from_micros(0)).value();
  EXPECT_EQ(open_cosignature(other + line, witness.key()).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(open_cosignature(witness.note + line, TestWitness{}.key()).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(open_cosignature(witness.note, witness.key()).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(cosign("no note", witness.name, witness.own, from_micros(0)).error().code, ErrorCode::Invalid);
  EXPECT_EQ(cosign(witness.note, "a name", witness.own, from_micros(0)).error().code, ErrorCode::Invalid);
  EXPECT_EQ(cosign(witness.note, witness.name, witness.own, from_micros(-1'000'000)).error().code, ErrorCode::Invalid);
}

RC_GTEST_PROP(Cosignature, EveryChangedBitIsRefused, ()) {
  const TestWitness witness;
  std::string note = witness.cosigned(1'800'000'000);
  const auto at = *rc::gen::inRange<std::size_t>(0, note.size() - 1);
  note[at] = static_cast<char>(note[at] ^ 1 << *rc::gen::inRange(0, 7));
  // The log's own signature and the name before it are not what a witness says anything about.
  const std::size_t blank = witness.note.find("\n\n") + 2;
  RC_PRE(at < blank || at >= witness.note.size());
  RC_ASSERT(!open_cosignature(note, witness.key()));
}

}  // namespace
}  // namespace warder::crypto
