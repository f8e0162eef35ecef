from sacred.query.errors import QueryError as QueryError
from sacred.query.parser import parse as parse
from sacred.query.predicates import AllOf as AllOf
from sacred.query.predicates import AnyOf as AnyOf
from sacred.query.predicates import Condition as Condition
from sacred.query.predicates import Predicate as Predicate
