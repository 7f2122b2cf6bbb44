"""The words of company.toml: what each does, with an example that loads. `crmlib explain` and docs/company.md are made of it."""

from __future__ import annotations

from dataclasses import dataclass

from crmlib.vocabulary.language import N_


@dataclass(frozen=True)
class Word:
    """A word of company.toml: `of` is company, source or join; the example is whole where it begins with a table, else a line."""

    name: str
    of: str
    says: str
    example: str


_SOURCE = '[orders]\nfrom = "orders.csv"\n'
_FIELDS = (
    '[orders.fields]\norder_id = "Order No"\ncustomer_id = "Customer No"\nordered_at = "Date"\namount = "Amount"\n'
)

WORDS: tuple[Word, ...] = (
    Word("name", "company", N_("Short name of the company: small letters, digits, - and _. Reviews are kept under it."), 'name = "acme"'),
    Word("title", "company", N_("What readers see."), 'title = "Acme Ltd"'),
    Word("currency", "company", N_("ISO 4217 code of all amounts; needed only where money is mapped."), 'currency = "EUR"'),
    Word("time_zone", "company", N_("IANA name of the time zone in which the company's days begin; UTC where nothing is said."), 'time_zone = "Europe/Berlin"'),
    Word("language", "company", N_("Language of the pages: en or zh."), 'language = "zh"'),
    Word("business_model", "company", N_("b2c: customers are persons; b2b: they are firms."), 'business_model = "b2b"'),
    Word("revenue_model", "company", N_("How money comes in: orders, subscription or yearly_purchases."), 'revenue_model = "subscription"'),
    Word("shape", "company", N_("Kind of business, where the review's own conclusion is wrong: sells_once, sells_again, subscription, service_desk or account_business."), 'shape = "service_desk"'),
    Word("exported_on", "company", N_("Day on which the files were made: the day of rows whose table's time is not mapped, as of a snapshot or survey without dates."), "exported_on = 2026-10-31"),
    Word("policy", "company", N_("File of the thresholds, beside this one; without it the defaults hold."), 'policy = "policy.toml"'),
    Word("data", "company", N_("Folder of the files, in the folder that company.toml lies in; another one is given by --data."), 'data = "exports"'),
    Word("engine", "company", N_("Where the chapters reckon: duckdb (in this process; where nothing is said), a PostgreSQL server by its URL, in which nothing stays, or Spark by its master, such as local[4] or spark://host:7077, which reads the frozen tables where they lie. The figures are the same."), 'engine = "postgres://reader@warehouse/sales"'),
    Word("from", "source", N_("A file, a pattern of files of one shape, or a database as a URL. A table may have several sources, each in double brackets."), '[[orders]]\nfrom = "orders_2025_*.csv"\n' + _FIELDS),
    Word("sheet", "source", N_("Sheet of a workbook; the first where nothing is said."), '[orders]\nfrom = "shop.xlsx"\nsheet = "Orders"\n' + _FIELDS),
    Word("table", "source", N_("Table of a database, with its schema where it has one."), '[orders]\nfrom = "postgres://reader@warehouse/sales"\ntable = "public.orders"\n' + _FIELDS),
    Word("encoding", "source", N_("Encoding of a text file, where it can't be told for certain."), _SOURCE + 'encoding = "gb18030"\n' + _FIELDS),
    Word("delimiter", "source", N_("What parts the cells of a text file, where it can't be told."), _SOURCE + 'delimiter = ";"\n' + _FIELDS),
    Word("heading", "source", N_("Line of the file in which the headings stand, where a title stands above them; several lines where a heading is written below another, whose words are joined. A heading that stands twice is called by which of them it is: Date [1], Date [2]."), _SOURCE + "heading = 3\n" + _FIELDS),
    Word("fields", "source", N_("What feeds each field of the table: a heading, or an SQL expression over the columns of the row. Words stand in single quotes inside ('email'); number(x) and moment(x) read text as a number or a time; __line is the number of the line."), _SOURCE + '[orders.fields]\norder_id = "Order No"\ncustomer_id = "lower(Email)"\nordered_at = "Date"\namount = "number(Quantity) * number(Price)"\nchannel = "\'online\'"\n'),
    Word("unpivot", "source", N_("Columns (names, or patterns such as Q*) of a wide file that become rows, one for each row and column: with the heading as column name and the cell as column value, empty cells too."), '[surveys]\nfrom = "survey.csv"\nunpivot = ["Q*"]\n[surveys.fields]\ncustomer_id = "Respondent"\nat = "Date"\ninstrument = "\'service\'"\nitem = "name"\nscore = "value"\nscale_from = "1"\nscale_to = "5"\n'),
    Word("values", "source", N_("The company's own words of a field, each with the code that stands for it; or a list of words that are codes as they stand, with * for any signs. A word that is not named here is published only where enough customers hold it (privacy.k of the policy); any other is shown as other."), _SOURCE + _FIELDS + 'channel = "Source"\ncategory = "Group"\n[orders.values]\ncategory = ["garden", "tools"]\n[orders.values.channel]\n"web shop" = "online"\n"branch" = "store"\n'),
    Word("filter", "source", N_("Conditions that a row must satisfy, each under a name; the others are counted under the first name that they fail."), _SOURCE + _FIELDS + '[orders.filter]\n"cancelled" = "Status <> \'cancelled\'"\n'),
    Word("group", "source", N_("Whether rows of one key are put together: lines of an order, a log of a case, use of a day. Money and whole numbers are added up, the time is the earliest, of a category the largest counts, else the first."), _SOURCE + "group = true\n" + _FIELDS),
    Word("combine", "source", N_("How the rows of a key become one, field by field, where group is true: sum, mean, min, max, first, last, largest or count."), _SOURCE + 'group = true\ncombine = { amount = "first", quantity = "sum" }\n' + _FIELDS + 'quantity = "Quantity"\n'),
    Word("order_by", "source", N_("Column, a time or a number, by which the rows of a key follow each other; the order of the file where nothing is said."), '[tickets]\nfrom = "log.csv"\ngroup = true\norder_by = "Changed at"\ncombine = { status = "last" }\n[tickets.fields]\nticket_id = "Case"\ncustomer_id = "Customer"\nopened_at = "Opened"\nstatus = "State"\n[tickets.values.status]\n"Solved" = "closed"\n"New" = "open"\n'),
    Word("repeats", "source", N_("drop: of rows that are equal word for word only the first counts, as where a file was exported twice; keep: each counts. Where nothing is said and money would be counted twice, it is asked for."), _SOURCE + 'repeats = "drop"\n' + _FIELDS),
    Word("repeat_columns", "source", N_("Columns by which rows count as equal, with repeats = \"drop\"; all where nothing is said."), _SOURCE + 'repeats = "drop"\nrepeat_columns = ["Order No"]\n' + _FIELDS),
    Word("repeats_except", "source", N_("Columns that do not count in whether rows are equal, with repeats = \"drop\"."), _SOURCE + 'repeats = "drop"\nrepeats_except = ["Exported at"]\n' + _FIELDS),
    Word("missing", "source", N_("What stands in a cell where nothing is known, beside the empty cell."), _SOURCE + 'missing = ["?", "unknown"]\n' + _FIELDS),
    Word("date_format", "source", N_("How days are written, where a whole column could be read in two ways: all formats that occur, and only those are read."), _SOURCE + 'date_format = ["%d/%m/%Y", "%d/%m/%Y %H:%M"]\n' + _FIELDS),
    Word("decimal", "source", N_("Sign before the decimals, where a whole column of numbers could be read in two ways."), _SOURCE + 'decimal = ","\n' + _FIELDS),
    Word("join", "source", N_("Columns of a further file, found by a key. Rows without one are counted, and keep empty cells."), _SOURCE + _FIELDS.replace('"Amount"', '"paid"') + '[[orders.join]]\nfrom = "payments.csv"\non = ["Order No"]\ntake = { paid = "sum" }\n'),
    Word("on", "join", N_("The key: columns of the same name in both files, or each with the other file's name."), _SOURCE + _FIELDS + '[[orders.join]]\nfrom = "returns.csv"\non = { "Order No" = "Returned order" }\ntake = ["Reason"]\n'),
    Word("take", "join", N_("The columns that are taken, and how several rows of a key become one: sum, mean, min, max, first, last or count; without that, several rows are an error."), _SOURCE + _FIELDS.replace('"Amount"', '"paid"') + '[[orders.join]]\nfrom = "payments.csv"\non = ["Order No"]\ntake = { paid = "sum", method = "first" }\n'),
)  # fmt: skip
"""Every word, in the order in which a company file is read."""

HEAD = 'name = "acme"\ncurrency = "EUR"\n'
"""What an example of a source needs above it to be a whole company file."""
