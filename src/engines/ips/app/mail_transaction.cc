#include "engines/ips/app/mail_transaction.h"

#include <array>

#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

struct Row {
  std::string_view name;
  BufferId buffer;
};
constexpr std::array<Row, 8> kHeaders = {{{"From", BufferId::EmailFrom},
                                          {"To", BufferId::EmailTo},
                                          {"Cc", BufferId::EmailCc},
                                          {"Subject", BufferId::EmailSubject},
                                          {"Date", BufferId::EmailDate},
                                          {"Message-ID", BufferId::EmailMessageId},
                                          {"X-Mailer", BufferId::EmailXMailer},
                                          {"Received", BufferId::EmailReceived}}};
constexpr std::array<std::string_view, 3> kSchemes = {"http://", "https://", "ftp://"};
constexpr std::size_t kMaxUrls = 256;
constexpr std::size_t kMaxAttachments = 64;

}  // namespace

void MailTransaction::finish_message() {
  reader_.finish();
  touch(direction_);
}

void MailTransaction::on_header(std::string_view name, std::string_view value) {
  for (const Row& row : kHeaders) {
    if (equals_ignoring_case(row.name, name)) put(row.buffer, direction_, value);
  }
}

void MailTransaction::on_file_start(std::string_view name) {
  if (files(direction_).size() >= kMaxAttachments) return;
  add_file(direction_, std::make_unique<File>(std::string{name}, limits_, limits_.file_bytes));
}

void MailTransaction::on_file_bytes(ByteView bytes) {
  File* file = newest_file(direction_);
  if (file == nullptr || file->state() != File::State::Open) return;
  file->append(bytes);
  touch(direction_);
}

void MailTransaction::on_file_end() {
  File* file = newest_file(direction_);
  if (file != nullptr && file->state() == File::State::Open) file->close();
  touch(direction_);
}

// The address behind the scheme, up to what cannot be part of one.
void MailTransaction::on_text(std::string_view text) {
  for (const std::string_view scheme : kSchemes) {
    for (std::size_t at = text.find(scheme); at != std::string_view::npos && urls_ < kMaxUrls;
         at = text.find(scheme, at + 1)) {
      const std::string_view rest = text.substr(at + scheme.size());
      const std::string_view url = rest.substr(0, rest.find_first_of(" \t\r\n\"'<>"));
      if (url.empty()) continue;
      put(BufferId::EmailUrl, direction_, url);
      ++urls_;
    }
  }
}

void MailTransaction::on_oddity(MimeOddity oddity) {
  raise(static_cast<std::uint8_t>(first_event_ + static_cast<std::uint8_t>(oddity)), direction_);
}

}  // namespace warder::ips::app
