import pytest

from ddesk.domain.image import AddImage, RecordThumbnail, ReportFound, ReportMissing, image
from ddesk.errors import NotFound
from ddesk.events.image import ImageEvent, ImageFoundAgain, ImageMissing, ImageThumbnailMade
from tests.domain.given import Given
from tests.domain.samples import added

pytestmark = pytest.mark.quick

ADDED = added("g")
THUMBNAIL = ImageThumbnailMade(width=32, height=32, file_size=5)


def after(*events: ImageEvent) -> Given:
    return Given(image, *events)


def test_a_picture_is_added_once() -> None:
    assert after().when(AddImage(ADDED)) == [ADDED]
    assert after(ADDED).when(AddImage(ADDED)) == []


def test_a_picture_that_is_not_there_has_no_thumbnail() -> None:
    with pytest.raises(NotFound):
        after().when(RecordThumbnail(THUMBNAIL))


def test_a_thumbnail_is_recorded_once_and_a_different_one_again() -> None:
    other = ImageThumbnailMade(width=64, height=64, file_size=9)
    assert after(ADDED).when(RecordThumbnail(THUMBNAIL)) == [THUMBNAIL]
    assert after(ADDED, THUMBNAIL).when(RecordThumbnail(THUMBNAIL)) == []
    assert after(ADDED, THUMBNAIL).when(RecordThumbnail(other)) == [other]


def test_a_file_goes_missing_and_is_found_again() -> None:
    assert after(ADDED).when(ReportMissing()) == [ImageMissing()]
    assert after(ADDED, ImageMissing()).when(ReportMissing()) == []
    assert after(ADDED, ImageMissing()).when(ReportFound()) == [ImageFoundAgain()]
    assert after(ADDED).when(ReportFound()) == []
