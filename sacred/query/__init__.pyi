from sacred.query.errors import QueryError as QueryError
from sacred.query.parser import parse as parse
