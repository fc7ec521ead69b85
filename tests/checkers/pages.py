"""Prints the addresses of the pages to look at: what a caught mail links to on our own site, and where those pages lead.

    python3 pages.py http://127.0.0.1:PORT
"""

import re
import sys
from html import unescape
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen


def read(address: str) -> str:
    with urlopen(address, timeout=10) as answer:  # what is not there is an error, and fails the run
        is_page = answer.headers.get_content_type() == "text/html"
        return answer.read().decode() if is_page else ""


def links(address: str, html: str) -> set[str]:
    found = (urljoin(address, unescape(link)) for link in re.findall(r'<a [^>]*?href="([^"#]*)', html))
    host = urlsplit(address).netloc
    return {link for link in found if urlsplit(link).netloc == host}


def main(site: str) -> None:
    # The first mails of the inbox are the staff's.
    mails = (f"{site}/inbox/{number}/html" for number in range(1, 101))
    mail = next(mail for mail in mails if f"{site}/u/" in read(mail))
    first = links(mail, read(mail)) | {f"{site}/", f"{site}/inbox", f"{site}/inbox/1"}
    pages = {address: html for address in first if (html := read(address))}
    beyond = {link for address, html in pages.items() if "/inbox" not in address for link in links(address, html)} - set(pages)
    pages |= {address: html for address in beyond if (html := read(address))}
    print("\n".join(sorted(pages)))


main(sys.argv[1])
