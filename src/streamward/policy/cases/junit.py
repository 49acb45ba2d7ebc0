"""A report in the XML that continuous integration reads: JUnit's, as its tools write it."""

from xml.etree import ElementTree

from streamward.policy.cases.run import Report


def junit(report: Report) -> str:
    """One `testsuite` for each document, one `testcase` for each case; no times."""
    root = ElementTree.Element("testsuites", name="streamward policy test")
    for name in dict.fromkeys(result.test for result in report.results):
        results = [result for result in report.results if result.test == name]
        failed = sum(not result.passed for result in results)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(results)),
            failures=str(failed),
            errors="0",
            skipped="0",
        )
        for result in results:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=name,
                name=_told(result.case.name),
                file=result.place.file,
                line=str(result.place.line),
            )
            if result.problem is not None:
                message = _told(result.told)
                failure = ElementTree.SubElement(case, "failure", message=message)
                failure.text = f"{result.place}: {message}"
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _told(text: str) -> str:
    """Without what XML can't hold."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
