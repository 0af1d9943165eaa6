// The pages on which somebody asks for a document, accepts the terms and gets it: plain HTML that needs no script.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "manager/trust/document_requests.h"
#include "manager/trust/page.h"

namespace warder::manager {

/// What the form holds: empty, or what was sent and is to be sent again.
struct AskForm {
  std::string document;  // id of the record
  Asker asker;
  std::string stamp;    // when it was made
  std::string problem;  // why it is shown again: "mail", "again", …; empty: it is new
};
std::string ask_page(std::span<const EvidenceRecord> offered, const AskForm& form, PageLanguage language);
/// The same whatever became of it.
std::string asked_page(PageLanguage language);

/// Before the terms were accepted: the terms, and a form. `problem` as in AskForm.
std::string terms_page(const DocumentRequest& request, const DocumentTerms& terms, std::string_view link,
                       std::string_view problem, PageLanguage language);
/// Afterwards: what there is to get.
std::string copies_page(const DocumentRequest& request, std::string_view link, PageLanguage language);

/// A title and a sentence by their names: "no-link", "too-many", "unavailable".
std::string message_page(std::string_view message, PageLanguage language);

}  // namespace warder::manager
